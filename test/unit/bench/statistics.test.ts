import { expect, test } from "vitest";
import { statisticsOf } from "../../../bench/statistics.ts";
import { measurement, times } from "./run.ts";

const single = { kind: "json", concurrency: 1 } as const;

test("pools times over all rounds and takes the median rate", () => {
  const summary = statisticsOf([
    measurement({ round: 1, latency: times(1, 1, 1), requests: 100 }),
    measurement({ round: 2, latency: times(1, 10), requests: 300, failures: 2 }),
    measurement({ round: 3, latency: times(10, 10, 10, 10), requests: 800 }),
  ]).summary("direct", single);
  expect(summary?.p50Ms).toBeCloseTo(10, 1);
  expect(summary).toMatchObject({ requests: 1200, failures: 2, requestsPerSecond: 300 });
});

test("divides CPU time by all requests and takes the highest peak", () => {
  const summary = statisticsOf([
    measurement({ requests: 100, usage: { cpuMs: 100, peakRssBytes: 7 } }),
    measurement({ requests: 300, usage: { cpuMs: 100, peakRssBytes: 5 } }),
  ]).summary("direct", single);
  expect(summary).toMatchObject({ cpuMsPerRequest: 0.5, peakRssBytes: 7 });
});

test("reports NaN if the system does not report usage", () => {
  const { usage: _, ...bare } = measurement({});
  const summary = statisticsOf([bare]).summary("direct", single);
  expect(summary?.cpuMsPerRequest).toBeNaN();
  expect(summary?.peakRssBytes).toBeNaN();
});

test("ignores other targets, answers and concurrencies", () => {
  const statistics = statisticsOf([
    measurement({ target: "nginx" }),
    measurement({ kind: "burst" }),
    measurement({ concurrency: 16 }),
  ]);
  expect(statistics.summary("direct", single)).toBeUndefined();
});

test("takes the median of the shares of each round", () => {
  const rounds = [
    { round: 1, direct: 100, ours: 50 },
    { round: 2, direct: 1000, ours: 200 },
    { round: 3, direct: 10, ours: 9 },
  ].flatMap(({ round, direct, ours }) => [
    measurement({ round, requests: direct }),
    measurement({ round, requests: ours, target: "virtualKey" }),
  ]);
  // A round without the other target is ignored, as core is not in every round.
  const lonely = measurement({ round: 4, requests: 1, target: "virtualKey" });
  expect(statisticsOf([...rounds, lonely]).share("virtualKey", "direct", single)).toEqual({
    median: 0.5,
    lowest: 0.2,
    highest: 0.9,
  });
});
