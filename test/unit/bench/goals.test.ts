import { describe, expect, test } from "vitest";
import { judge } from "../../../bench/goals.ts";
import type { BenchRun, OpenStreams, Start } from "../../../bench/results.ts";
import { benchRun, measurement, times } from "./run.ts";

/** Whether each measured goal that contains this text is met. */
function verdicts(run: BenchRun, text: string) {
  return judge(run)
    .filter(({ goal, isMet }) => goal.includes(text) && isMet !== undefined)
    .map(({ isMet }) => isMet);
}

test("a goal that was not measured is neither met nor missed", () => {
  const all = judge(benchRun());
  expect(all.length).toBeGreaterThan(30);
  for (const verdict of all) {
    expect(verdict).not.toHaveProperty("isMet");
    expect(verdict).not.toHaveProperty("measured");
  }
});

test("each goal has a name of its own", () => {
  const goals = judge(benchRun()).map(({ goal }) => goal);
  expect(new Set(goals).size).toBe(goals.length);
});

describe("beside agents", () => {
  const run = (aloneMs: number, besideMs: number, slowestMs = besideMs) => {
    const streams = (agents: number, most: number, slowest: number) => ({
      target: "listener" as const,
      title: "listener",
      agents,
      round: 1,
      requests: 100,
      failures: 0,
      firstByte: times(...Array.from({ length: 98 }, () => most), slowest, slowest),
    });
    return benchRun({
      besideAgents: [streams(0, aloneMs, aloneMs), streams(4, besideMs, slowestMs)],
    });
  };

  test("the p90 is judged by that without agents", () => {
    expect(verdicts(run(2, 2.8), "p90")).toEqual([true]);
    expect(verdicts(run(2, 3.2), "p90")).toEqual([false]);
  });

  test("the p99 is judged by itself", () => {
    expect(verdicts(run(2, 2, 14), "4 agent turns: first byte, p99")).toEqual([true]);
    expect(verdicts(run(2, 2, 16), "4 agent turns: first byte, p99")).toEqual([false]);
  });
});

describe("first byte", () => {
  const run = (addedMs: number, slowestMs = 1 + addedMs) => {
    const most = Array.from({ length: 98 }, () => 1 + addedMs);
    return benchRun({
      measurements: [
        measurement({ timeMs: 1 }),
        measurement({ target: "listener", firstByte: times(...most, slowestMs, slowestMs) }),
      ],
    });
  };

  test("is judged by the time added to direct", () => {
    expect(verdicts(run(0.15), "first byte, p50")).toEqual([true]);
    expect(verdicts(run(0.25), "first byte, p50")).toEqual([false]);
  });

  test("has its own goal for the p99", () => {
    expect(verdicts(run(0.1, 3.5), "first byte, p99")).toEqual([true]);
    expect(verdicts(run(0.1, 4.5), "first byte, p99")).toEqual([false]);
  });

  test("of the gateway's token is judged by the time added to the empty gateway route", () => {
    const gateway = (timeMs: number) =>
      benchRun({
        measurements: [
          measurement({ target: "emptyGateway", timeMs: 1 }),
          measurement({ target: "gateway", timeMs }),
        ],
      });
    expect(verdicts(gateway(1.55), "over the empty gateway route's")).toEqual([true]);
    expect(verdicts(gateway(1.7), "over the empty gateway route's")).toEqual([false]);
  });
});

describe("requests per second at concurrency 16", () => {
  const run = (kind: "json" | "burst" | "packet", rates: Partial<Record<string, number>>) =>
    benchRun({
      measurements: Object.entries(rates).map(([target, requests = 0]) =>
        measurement({ target: target as "direct", kind, requests, concurrency: 16 }),
      ),
    });

  test("JSON on the listener needs twice the empty plugin route and four times Portkey", () => {
    const met = run("json", { listener: 2000, emptyPlugin: 1000, portkey: 500 });
    const missed = run("json", { listener: 1990, emptyPlugin: 1000, portkey: 500 });
    expect(verdicts(met, "listener, JSON, concurrency 16")).toEqual([true, true]);
    expect(verdicts(missed, "listener, JSON, concurrency 16")).toEqual([false, false]);
  });

  test.each([
    ["packet", 500, "stream in one packet"],
    ["burst", 800, "stream, event by event"],
  ] as const)("of %s need %i in 1,000 of direct and ten times Portkey", (kind, least, title) => {
    const rates = { direct: 1000, portkey: least / 10 };
    const met = run(kind, { ...rates, listener: least });
    const missed = run(kind, { ...rates, listener: least - 5 });
    expect(verdicts(met, `listener, ${title}, concurrency 16`)).toEqual([true, true]);
    expect(verdicts(missed, `listener, ${title}, concurrency 16`)).toEqual([false, false]);
  });

  test("light needs 80 % of passthrough", () => {
    const goal = "listener, light, JSON, concurrency 16";
    expect(verdicts(run("json", { listener: 100, listenerLight: 80 }), goal)).toEqual([true]);
    expect(verdicts(run("json", { listener: 100, listenerLight: 79 }), goal)).toEqual([false]);
  });

  test("the gateway's surface needs 85 % of the empty gateway route", () => {
    const met = run("json", { gateway: 85, emptyGateway: 100 });
    const missed = run("json", { gateway: 84, emptyGateway: 100 });
    expect(verdicts(met, "gateway token, JSON")).toEqual([true]);
    expect(verdicts(missed, "gateway token, JSON")).toEqual([false]);
  });

  test("reports the measured ratio with its range", () => {
    const run16 = run("packet", { listener: 625, direct: 1000, portkey: 100 });
    expect(judge(run16).map(({ measured }) => measured)).toEqual(
      expect.arrayContaining(["62.5 % (62.5 % to 62.5 %)", "6.3× (6.3× to 6.3×)"]),
    );
  });
});

describe("open streams", () => {
  const streams = (more: Partial<OpenStreams>): BenchRun =>
    benchRun({
      openStreams: [
        {
          target: "listener",
          kind: "steady",
          streams: 1000,
          openAtOnce: 1000,
          failures: 0,
          firstByte: times(1),
          lateness: times(1),
          ...more,
        },
      ],
    });
  const growth = (bytes: number) => ({ before: 50e6, open: 50e6 + bytes, after: 50e6 });

  test("on the listener are judged by the heap of each thread", () => {
    const run = (worker: number, gateway: number) =>
      streams({ workerHeapBytes: growth(1000 * worker), heapBytes: growth(1000 * gateway) });
    expect(verdicts(run(29_000, 900), "heap of each")).toEqual([true, true]);
    expect(verdicts(run(31_000, 1100), "heap of each")).toEqual([false, false]);
  });

  test("on the gateway's route are judged by the heap of both threads together", () => {
    const run = (worker: number, gateway: number) =>
      streams({
        target: "virtualKey",
        workerHeapBytes: growth(1000 * worker),
        heapBytes: growth(1000 * gateway),
      });
    expect(verdicts(run(29_000, 10_000), "both threads")).toEqual([true]);
    expect(verdicts(run(29_000, 12_000), "both threads")).toEqual([false]);
  });

  test("are judged by the lateness of events", () => {
    expect(verdicts(streams({ lateness: times(49) }), "lateness")).toEqual([true]);
    expect(verdicts(streams({ lateness: times(52) }), "lateness")).toEqual([false]);
  });

  test("that are 5,000 are judged by the growth of RSS", () => {
    const run = (bytes: number) =>
      streams({ kind: "sparse", streams: 5000, rssBytes: growth(bytes) });
    expect(verdicts(run(299e6), "5,000 paced streams open at once: growth")).toEqual([true]);
    expect(verdicts(run(301e6), "5,000 paced streams open at once: growth")).toEqual([false]);
  });
});

describe("starts", () => {
  const start = (withPlugin: boolean, more: Partial<Start> = {}): Start => ({
    withPlugin,
    round: 1,
    readyAfterMs: 5000,
    residentBytes: 400e6,
    ...more,
  });
  const run = (more: Partial<Start>) =>
    benchRun({ starts: [start(false), start(true, { workerStartedInMs: 100, ...more })] });

  test("are judged by what they add to a gateway without the plugin", () => {
    const met = run({ residentBytes: 459e6, workerStartedInMs: 149, readyAfterMs: 5090 });
    const missed = run({ residentBytes: 461e6, workerStartedInMs: 151, readyAfterMs: 5110 });
    for (const goal of ["worker at rest", "worker: started", "gateway: ready"]) {
      expect(verdicts(met, goal)).toEqual([true]);
      expect(verdicts(missed, goal)).toEqual([false]);
    }
  });

  test("without a worker are not judged", () => {
    const noWorker = benchRun({ starts: [start(false), start(true)] });
    expect(judge(noWorker).every(({ isMet }) => isMet === undefined)).toBe(true);
  });
});

test("light mode is judged by the time added to passthrough", () => {
  const run = (lightMs: number) =>
    benchRun({
      measurements: [
        measurement({ target: "listener", timeMs: 1 }),
        measurement({ target: "listenerLight", timeMs: lightMs }),
      ],
    });
  expect(verdicts(run(1.15), "over passthrough's")).toEqual([true]);
  expect(verdicts(run(1.3), "over passthrough's")).toEqual([false]);
});
