import { describe, expect, test } from "vitest";
import { figuresOf, verdictOf } from "../../../../bench/against/figures.ts";
import { buildMeasurement, roundsOf } from "./measurements.ts";

const rateOf = (measurements: Parameters<typeof figuresOf>[0]) =>
  figuresOf(measurements).find(({ metric }) => metric === "requestsPerSecond");

describe("a figure", () => {
  test("is the median of the rounds' ratios, so that what slows a whole round down does not count", () => {
    expect(rateOf(roundsOf([1.2, 1.3, 1.4, 1.2, 1.3, 1.4, 1.3]))).toMatchObject({
      case: "key-json",
      rounds: 7,
      ratio: expect.closeTo(1.3),
      interval: { low: expect.closeTo(1.2), high: expect.closeTo(1.4) },
      verdict: "held",
    });
  });

  test("takes only rounds that have both builds", () => {
    const lonely = buildMeasurement({ round: 9, build: "after", requests: 1 });
    expect(rateOf([...roundsOf([2]), lonely])).toMatchObject({ rounds: 1, ratio: 2 });
  });

  test("is taken at its own number of connections", () => {
    const metrics = (concurrency: number) =>
      figuresOf(roundsOf([1], { concurrency })).map(({ metric }) => metric);
    expect(metrics(1)).toEqual(["firstByteMs", "cpuMsAlone"]);
    expect(metrics(16)).toEqual(["requestsPerSecond", "cpuMsBusy"]);
  });

  test("is taken for each case", () => {
    const figures = figuresOf([...roundsOf([1]), ...roundsOf([2], { case: "token-json" })]);
    expect(figures.map((figure) => [figure.case, figure.metric, figure.ratio])).toEqual([
      ["key-json", "requestsPerSecond", 1],
      ["key-json", "cpuMsBusy", 1],
      ["token-json", "requestsPerSecond", 2],
      ["token-json", "cpuMsBusy", 0.5],
    ]);
  });

  test("is not made up where the system tells of no CPU time, or nothing was answered", () => {
    const { cpuMs: _, ...bare } = buildMeasurement();
    expect(figuresOf([bare, { ...bare, build: "after" }])).toHaveLength(1);
    expect(figuresOf(roundsOf([Number.NaN]))).toEqual([]);
  });
});

test.each([
  ["lower", 1.04, 1.2, "worse"],
  ["lower", 1.0, 1.2, "unclear"],
  ["lower", 0.9, 1.02, "held"],
  ["lower", 0.2, 0.5, "held"],
  ["higher", 0.8, 0.95, "worse"],
  ["higher", 0.8, 1.1, "unclear"],
  ["higher", 0.98, 1.1, "held"],
  ["higher", 1.5, 2, "held"],
] as const)("where %s is better, %f to %f times as much is %s", (better, low, high, verdict) => {
  const rounds = 6;
  expect(verdictOf({ interval: { low, high }, rounds }, better)).toBe(verdict);
});

test("of too few rounds for an interval nothing is said to be worse", () => {
  expect(verdictOf({ interval: { low: 2, high: 3 }, rounds: 5 }, "lower")).toBe("unclear");
});
