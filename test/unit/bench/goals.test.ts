import { describe, expect, test } from "vitest";
import { judge } from "../../../bench/goals.ts";
import type { BenchRun, OpenStreams } from "../../../bench/results.ts";
import { benchRun, measurement, times } from "./run.ts";

/** Whether each goal that contains this text is met. */
function verdicts(run: BenchRun, text: string) {
  return judge(run)
    .filter(({ goal }) => goal.includes(text))
    .map(({ isMet }) => isMet);
}

test("a goal that was not measured is neither met nor missed", () => {
  const all = judge(benchRun());
  expect(all).toHaveLength(14);
  for (const verdict of all) {
    expect(verdict).not.toHaveProperty("isMet");
    expect(verdict).not.toHaveProperty("measured");
  }
});

describe("first byte", () => {
  const run = (addedMs: number, slowestMs = 1 + addedMs) => {
    const most = Array.from({ length: 98 }, () => 1 + addedMs);
    return benchRun({
      measurements: [
        measurement({ timeMs: 1 }),
        measurement({ target: "virtualKey", firstByte: times(...most, slowestMs, slowestMs) }),
      ],
    });
  };

  test("is judged by the time added to direct", () => {
    expect(verdicts(run(0.3), "first byte, p50")).toEqual([true, undefined]);
    expect(verdicts(run(0.5), "first byte, p50")).toEqual([false, undefined]);
  });

  test("has its own goal for the p99", () => {
    expect(verdicts(run(0.3, 3.5), "first byte, p99")).toEqual([true, undefined]);
    expect(verdicts(run(0.3, 4.5), "first byte, p99")).toEqual([false, undefined]);
  });
});

describe("requests per second at concurrency 16", () => {
  const run = (kind: "json" | "burst", rates: Partial<Record<string, number>>) =>
    benchRun({
      measurements: Object.entries(rates).map(([target, requests = 0]) =>
        measurement({ target: target as "direct", kind, requests, concurrency: 16 }),
      ),
    });

  test("JSON needs 60 % of the empty plugin route and four times Portkey", () => {
    const met = run("json", { virtualKey: 600, emptyPlugin: 1000, portkey: 150 });
    const missed = run("json", { virtualKey: 590, emptyPlugin: 1000, portkey: 150 });
    expect(verdicts(met, "virtual key, JSON, concurrency 16")).toEqual([true, true]);
    expect(verdicts(missed, "virtual key, JSON, concurrency 16")).toEqual([false, false]);
  });

  test("streams need a third of direct and ten times Portkey", () => {
    const met = run("burst", { virtualKey: 330, direct: 1000, portkey: 33 });
    const missed = run("burst", { virtualKey: 320, direct: 1000, portkey: 33 });
    expect(verdicts(met, "virtual key, stream, concurrency 16")).toEqual([true, true]);
    expect(verdicts(missed, "virtual key, stream, concurrency 16")).toEqual([false, false]);
  });

  test("the gateway's surface needs 90 % of the empty gateway route", () => {
    const met = run("json", { gateway: 90, emptyGateway: 100 });
    const missed = run("json", { gateway: 89, emptyGateway: 100 });
    expect(verdicts(met, "gateway token, JSON")).toEqual([true]);
    expect(verdicts(missed, "gateway token, JSON")).toEqual([false]);
  });

  test("reports the measured ratio with its range", () => {
    const run16 = run("json", { virtualKey: 625, emptyPlugin: 1000, portkey: 100 });
    expect(judge(run16).map(({ measured }) => measured)).toEqual(
      expect.arrayContaining(["62.5 % (62.5 % to 62.5 %)", "6.3× (6.3× to 6.3×)"]),
    );
  });
});

describe("open streams", () => {
  const streams = (heapEach: number, latenessMs: number): OpenStreams => ({
    target: "virtualKey",
    kind: "steady",
    streams: 1000,
    openAtOnce: 1000,
    failures: 0,
    firstByte: times(1),
    lateness: times(latenessMs),
    heapBytes: { before: 50e6, open: 50e6 + 1000 * heapEach, after: 50e6 },
  });

  test("are judged by heap per stream and by the lateness of events", () => {
    expect(verdicts(benchRun({ openStreams: [streams(39_999, 49)] }), "open at once")).toEqual([
      true,
      true,
    ]);
    expect(verdicts(benchRun({ openStreams: [streams(40_000, 52)] }), "open at once")).toEqual([
      false,
      false,
    ]);
  });
});

test("light mode is judged by the time added to passthrough", () => {
  const run = (lightMs: number) =>
    benchRun({
      measurements: [
        measurement({ target: "virtualKey", timeMs: 1 }),
        measurement({ target: "light", timeMs: lightMs }),
      ],
    });
  expect(verdicts(run(1.15), "light")).toEqual([true, undefined]);
  expect(verdicts(run(1.3), "light")).toEqual([false, undefined]);
});
