import { describe, expect, test } from "vitest";
import { parseCpuMs, parsePeakRssBytes, watch } from "../../../bench/meter.ts";

test("CPU time is the user's and the system's, whatever the process is called", () => {
  const stat =
    "4242 (node (a) b) S 1 4242 4242 0 -1 4194560 9 0 0 0 130 21 7 8 20 0 11 0 100 1 2 3\n";
  expect(parseCpuMs(stat)).toBe(1510);
});

test("peak RSS is the high-water mark, in bytes", () => {
  const status = "VmPeak:\t  9999 kB\nVmHWM:\t  1052 kB\nVmRSS:\t   900 kB\n";
  expect(parsePeakRssBytes(status)).toBe(1052 * 1024);
});

describe.runIf(process.platform === "linux")("on Linux", () => {
  test("a process is watched while it works", () => {
    const used = watch(process.pid);
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs) {
      // Uses CPU time.
    }
    const usage = used();
    expect(usage?.cpuMs).toBeGreaterThan(30);
    expect(usage?.peakRssBytes).toBeGreaterThan(10e6);
  });
});

test("of a process that is not there nothing is known", () => {
  expect(watch(2 ** 30)()).toBeUndefined();
});
