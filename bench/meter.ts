/** What processes use, from Linux's /proc. Elsewhere nothing is known. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** What some processes have used while they were watched. */
export interface Usage {
  /** User and system time, in steps of 10 ms. */
  readonly cpuMs: number;
  /** The most that they had in memory, each at its own time. */
  readonly peakRssBytes: number;
}

/** Watches a process and its children; the function returned says what they have used until then. */
export function watch(pid: number): () => Usage | undefined {
  try {
    const pids = withChildren(pid);
    const before = new Map(pids.map((each) => [each, cpuMsOf(each)]));
    for (const each of pids) {
      // Sets the peak back to what is in use now.
      writeFileSync(`/proc/${each}/clear_refs`, "5");
    }
    return () => ({
      cpuMs: sum(pids.map((each) => cpuMsOf(each) - (before.get(each) ?? 0))),
      peakRssBytes: sum(pids.map(peakRssBytesOf)),
    });
  } catch {
    return () => undefined;
  }
}

function withChildren(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .split(" ")
      .filter((each) => each !== "")
      .map(Number),
  );
  return [pid, ...children.flatMap(withChildren)];
}

function cpuMsOf(pid: number): number {
  return parseCpuMs(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

function peakRssBytesOf(pid: number): number {
  return parsePeakRssBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** A tick of the clock in which the kernel tells times to programs; 100 a second on every Linux. */
const msPerTick = 10;

/** @param stat the text of /proc/PID/stat: the process's name may hold spaces and brackets, so count from its end. */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** @param status the text of /proc/PID/status. */
export function parsePeakRssBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
