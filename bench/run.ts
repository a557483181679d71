/**
 * The benchmark: the cost of a request through the relay's two surfaces, compared with the provider itself, empty plugin
 * routes in the host, core's endpoint, another gateway from npm, and nginx and HAProxy if they are installed.
 *
 *     npm run bench                          about fifteen minutes; writes docs/bench.md and bench/results/DATE.json
 *     npm run bench -- --quick               about two minutes, for a quick look; prints only
 *     npm run bench -- --report FILE.json    prints the report of an earlier run
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, machine, release, totalmem, type } from "node:os";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { measureOpenStreams } from "./open-streams.ts";
import { autocannonPackage } from "./packages.ts";
import { report } from "./report.ts";
import { type BenchRun, fromJson, toJson } from "./results.ts";
import { type Extent, measureInRounds } from "./rounds.ts";
import { startStage } from "./stage.ts";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, report: { type: "string" } },
});

const extent: Extent = options.quick
  ? {
      warmUpMs: 200,
      rounds: 1,
      concurrencies: [1, 16],
      durationsMs: { json: 200, burst: 200, paced: 100 },
      roundsPerPacedRound: 1,
      roundsPerCoreRound: 1,
      openStreams: 1000,
      rampMs: 1000,
    }
  : {
      warmUpMs: 2000,
      rounds: 12,
      concurrencies: [1, 16, 64],
      durationsMs: { json: 450, burst: 450, paced: 600 },
      roundsPerPacedRound: 2,
      roundsPerCoreRound: 4,
      openStreams: 1000,
      rampMs: 2500,
    };

const resultsPath = (file: string) => `bench/results/${file}`;

if (options.report === undefined) {
  const run = await measure();
  const file = `${run.conditions.date}.json`;
  const page = report(run, resultsPath(file));
  console.log(page);
  if (!options.quick) {
    mkdirSync(new URL("results/", import.meta.url), { recursive: true });
    writeFileSync(new URL(`results/${file}`, import.meta.url), toJson(run));
    writeFileSync(new URL("../docs/bench.md", import.meta.url), page);
  }
} else {
  const run = fromJson(readFileSync(options.report, "utf8"));
  console.log(report(run, resultsPath(basename(options.report))));
}

async function measure(): Promise<BenchRun> {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  const [loadAverage = Number.NaN] = loadavg();
  const startedAtMs = performance.now();
  build();
  const stage = await startStage();
  try {
    const measurements = await measureInRounds(stage, extent, stopping.signal);
    const openStreams = await measureOpenStreams(stage, extent, stopping.signal);
    return {
      conditions: {
        ...machineConditions(),
        date: new Date().toISOString().slice(0, 10),
        loadAverage,
        extent,
        durationMinutes: (performance.now() - startedAtMs) / 60_000,
      },
      targets: stage.targets.map(({ target: { name, title } }) => ({ name, title })),
      absent: stage.absent,
      measurements,
      openStreams,
    };
  } finally {
    await stage.close();
  }
}

function machineConditions() {
  const hostPackage = new URL("../node_modules/openclaw/package.json", import.meta.url);
  const { version: hostVersion } = JSON.parse(readFileSync(hostPackage, "utf8"));
  const processors = cpus();
  return {
    commit: git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+"),
    nodeVersion: process.version,
    hostVersion: String(hostVersion),
    loadTitle: `autocannon ${autocannonPackage.version}`,
    cpuModel: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${machine()}`,
  };
}

function git(...args: readonly string[]): string {
  return spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() ?? "";
}

/** The gateway loads what is in dist/. */
function build(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  if (status !== 0) {
    throw new Error("the build failed");
  }
}
