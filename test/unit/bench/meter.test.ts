import { describe, expect, test } from "vitest";
import { spawn } from "node:child_process";
import {
  parseCpuMs,
  parsePeakRssBytes,
  parseRssBytes,
  parseThreadCpuMs,
  residentBytes,
  watch,
  watchPeak,
  watchThreads,
} from "../../../bench/meter.ts";

test("CPU time sums user and system time of a process and its ended children", () => {
  const stat =
    "4242 (node (a) b) S 1 4242 4242 0 -1 4194560 9 0 0 0 130 21 7 2 20 0 11 0 100 1 2 3\n";
  expect(parseCpuMs(stat)).toBe(1600);
});

test("peak RSS is the high-water mark, in bytes", () => {
  const status = "VmPeak:\t  9999 kB\nVmHWM:\t  1052 kB\nVmRSS:\t   900 kB\n";
  expect(parsePeakRssBytes(status)).toBe(1052 * 1024);
});

test("RSS is what is resident now", () => {
  expect(parseRssBytes("VmHWM:\t  1052 kB\nVmRSS:\t   900 kB\n")).toBe(900 * 1024);
});

test("a thread's CPU time is the first number of its schedstat", () => {
  expect(parseThreadCpuMs("1095405 2183569 2\n")).toBe(1.095405);
});

describe.runIf(process.platform === "linux")("on Linux", () => {
  test("measures a process while it works", () => {
    const used = watch(process.pid);
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 100_000) {
      // Burns CPU time.
    }
    const usage = used();
    expect(usage?.cpuMs).toBeGreaterThan(70);
    expect(usage?.peakRssBytes).toBeGreaterThan(10e6);
  });

  test("what it holds in memory is watched to its peak", () => {
    const before = residentBytes(process.pid) ?? 0;
    const peak = watchPeak(process.pid);
    const held = Buffer.alloc(100e6, 1);
    expect(residentBytes(process.pid)).toBeGreaterThan(before + 50e6);
    expect(peak()).toBeGreaterThan(before + held.length / 2);
  });

  test("its threads are watched to less than a tick", () => {
    const used = watchThreads(process.pid);
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 3000) {
      // Uses CPU time.
    }
    const cpuMs = used() ?? 0;
    expect(cpuMs % 10).not.toBe(0);
    expect(cpuMs).toBeGreaterThan(2);
  });

  test("what its children use is its own, also when they have ended", async () => {
    const burn = "while (process.cpuUsage().user < 150_000);";
    const child = spawn(process.execPath, ["-e", burn]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const used = watch(process.pid);
    await ended;
    expect(used()?.cpuMs).toBeGreaterThan(100);
  });

  test("returns nothing for a process that ended meanwhile", async () => {
    const child = spawn("sleep", ["60"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const used = watch(child.pid ?? 0);
    child.kill("SIGKILL");
    await ended;
    expect(used()).toBeUndefined();
  });
});

test("returns nothing for an unknown process", () => {
  expect(watch(2 ** 30)()).toBeUndefined();
  expect(residentBytes(2 ** 30)).toBeUndefined();
  expect(watchThreads(2 ** 30)()).toBeUndefined();
});
