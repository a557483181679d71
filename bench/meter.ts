/** The resource usage of processes, read from Linux's /proc. Unavailable on other systems. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** The usage of processes while they were watched. */
export interface Usage {
  /** User and system time, in steps of 10 ms. */
  readonly cpuMs: number;
  /** The sum of their individual memory peaks. */
  readonly peakRssBytes: number;
}

/**
 * Watches a process and its children. The returned function reports their usage so far, or undefined if the process
 * does not exist or has ended.
 */
export function watch(pid: number): () => Usage | undefined {
  const cpuMsBefore = cpuMsOf(pid);
  const family = withChildren(pid);
  for (const each of family) {
    forgetPeak(each);
  }
  return () => {
    const cpuMs = cpuMsOf(pid);
    return cpuMs === undefined || cpuMsBefore === undefined
      ? undefined
      : {
          cpuMs: cpuMs - cpuMsBefore,
          peakRssBytes: family.reduce((sum, each) => sum + (peakRssBytesOf(each) ?? 0), 0),
        };
  };
}

/**
 * Watches the threads of a process for short: their CPU time is exact, but that of a thread which ends meanwhile, and of
 * child processes, does not count.
 */
export function watchThreads(pid: number): () => number | undefined {
  const before = cpuMsByThread(pid);
  return () => {
    const after = cpuMsByThread(pid);
    return before.size === 0 || after.size === 0
      ? undefined
      : [...after].reduce((sum, [thread, cpuMs]) => sum + cpuMs - (before.get(thread) ?? 0), 0);
  };
}

function cpuMsByThread(pid: number): ReadonlyMap<string, number> {
  return new Map(
    threadsOf(pid).flatMap((thread): [string, number][] => {
      const schedstat = read(`/proc/${pid}/task/${thread}/schedstat`);
      return schedstat === undefined ? [] : [[thread, parseThreadCpuMs(schedstat)]];
    }),
  );
}

/** Of a process and its children; the time of those that have ended is their parent's. */
function cpuMsOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined
    ? undefined
    : childrenOf(pid).reduce((sum, child) => sum + (cpuMsOf(child) ?? 0), parseCpuMs(stat));
}

/** What a process holds in memory now, without its children, which a gateway starts and ends; undefined if it does not exist. */
export function residentBytes(pid: number): number | undefined {
  const status = read(`/proc/${pid}/status`);
  return status === undefined ? undefined : parseRssBytes(status);
}

/** Watches the same memory. The returned function reports its peak so far. */
export function watchPeak(pid: number): () => number | undefined {
  forgetPeak(pid);
  return () => peakRssBytesOf(pid);
}

function peakRssBytesOf(pid: number): number | undefined {
  const status = read(`/proc/${pid}/status`);
  return status === undefined ? undefined : parsePeakRssBytes(status);
}

/** Resets the memory peak to the current use. */
function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // It has ended.
  }
}

function withChildren(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(withChildren)];
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((thread) => {
    const children = read(`/proc/${pid}/task/${thread}/children`)?.trim() ?? "";
    return children === "" ? [] : children.split(" ").map(Number);
  });
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Undefined for a process that has ended, which may happen after the listing. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The tick of the kernel's reported times: 100 per second on every Linux. */
const msPerTick = 10;

/**
 * The user and system time of a process and its ended children.
 * @param stat the text of /proc/PID/stat. The process name may contain spaces and brackets, so fields count from its end.
 */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
}

/** @param schedstat the text of /proc/PID/task/TID/schedstat, which begins with the nanoseconds on a CPU. */
export function parseThreadCpuMs(schedstat: string): number {
  return Number(schedstat.split(" ")[0]) / 1e6;
}

/** @param status the text of /proc/PID/status. */
export function parsePeakRssBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** @param status the text of /proc/PID/status. */
export function parseRssBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
