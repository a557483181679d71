import { describe, expect, test } from "vitest";
import { createRecorder, merge, quantileMs } from "../../../bench/histogram.ts";

function histogramOf(...timesMs: number[]) {
  const recorder = createRecorder();
  for (const timeMs of timesMs) {
    recorder.record(timeMs);
  }
  return recorder.histogram();
}

/** A time read from a histogram, which is at most half a bucket off. */
const about = (timeMs: number) => ({
  asymmetricMatch: (value: number) => Math.abs(value / timeMs - 1) < 0.0116,
  toString: () => `about ${timeMs}`,
});

describe("histogram", () => {
  test("reproduces a time within 1.2 %, at any order of magnitude", () => {
    for (const timeMs of [0.0123, 0.4, 3, 77.7, 2381.59]) {
      expect(quantileMs(histogramOf(timeMs), 0.5)).toEqual(about(timeMs));
    }
  });

  test("returns the shortest time that covers the quantile", () => {
    const times = Array.from({ length: 100 }, (_, at) => at + 1);
    const histogram = histogramOf(...times.toReversed());
    expect(quantileMs(histogram, 0.5)).toEqual(about(50));
    expect(quantileMs(histogram, 0.99)).toEqual(about(99));
    expect(quantileMs(histogram, 1)).toEqual(about(100));
  });

  test("adds up counts when merged", () => {
    const merged = merge([histogramOf(1, 1, 1), histogramOf(1, 50), []]);
    expect(merged.map(([, count]) => count)).toEqual([4, 1]);
    expect(quantileMs(merged, 0.81)).toEqual(about(50));
  });

  test("has no quantile without times", () => {
    expect(quantileMs([], 0.5)).toBeNaN();
  });

  test("counts negative times as the smallest one", () => {
    expect(quantileMs(histogramOf(-3, 0), 1)).toBe(0.001);
  });
});
