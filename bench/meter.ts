/** What processes use, from Linux's /proc. Elsewhere nothing is known. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** What some processes have used while they were watched. */
export interface Usage {
  /** User and system time, in steps of 10 ms. */
  readonly cpuMs: number;
  /** The most that they had in memory, each at its own time. */
  readonly peakRssBytes: number;
}

/**
 * Watches a process and its children; the function returned says what they have used until then. Nothing of a process
 * that is not there, or has ended.
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

/** Of a process and its children; the time of those that have ended is their parent's. */
function cpuMsOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined
    ? undefined
    : childrenOf(pid).reduce((sum, child) => sum + (cpuMsOf(child) ?? 0), parseCpuMs(stat));
}

function peakRssBytesOf(pid: number): number | undefined {
  const status = read(`/proc/${pid}/status`);
  return status === undefined ? undefined : parsePeakRssBytes(status);
}

/** Sets the peak back to what is in use now. */
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

/** Nothing of a process that has ended: between a look at the list and a look at it, any may. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** A tick of the clock in which the kernel tells times to programs; 100 a second on every Linux. */
const msPerTick = 10;

/**
 * The user and system time of a process, and of its children that have ended.
 * @param stat the text of /proc/PID/stat: the process's name may hold spaces and brackets, so count from its end.
 */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick;
}

/** @param status the text of /proc/PID/status. */
export function parsePeakRssBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
