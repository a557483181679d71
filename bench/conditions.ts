/** What the numbers of a run depend on, beside the project. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, machine, release, totalmem, type } from "node:os";
import { autocannonPackage } from "./packages.ts";

export interface MachineConditions {
  readonly date: string;
  /** Of this project; with `+` when files differ from it. */
  readonly commit: string;
  readonly nodeVersion: string;
  readonly hostVersion: string;
  readonly loadTitle: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  /** Over the last minute: what else the machine is doing. */
  readonly loadAverage: number;
}

/** Ask before the run. */
export function machineConditions(): MachineConditions {
  const hostPackage = new URL("../node_modules/openclaw/package.json", import.meta.url);
  const { version: hostVersion } = JSON.parse(readFileSync(hostPackage, "utf8"));
  const processors = cpus();
  const [loadAverage = Number.NaN] = loadavg();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+"),
    nodeVersion: process.version,
    hostVersion: String(hostVersion),
    loadTitle: `autocannon ${autocannonPackage.version}`,
    cpuModel: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${machine()}`,
    loadAverage,
  };
}

/** One sentence. */
export function machineText(conditions: Omit<MachineConditions, "date" | "loadTitle">): string {
  const { cpuModel, cores, memoryBytes, system, nodeVersion, hostVersion } = conditions;
  return `${cores} cores (${cpuModel}), ${(memoryBytes / 1e9).toFixed(0)} GB of memory, ${system}, Node ${nodeVersion}, OpenClaw ${hostVersion}, this project at ${conditions.commit}. Load average before the run: ${conditions.loadAverage.toFixed(2)}.`;
}

function git(...args: readonly string[]): string {
  return spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() ?? "";
}
