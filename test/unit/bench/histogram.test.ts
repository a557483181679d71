import { describe, expect, test } from "vitest";
import { createRecorder, merge, quantileMs } from "../../../bench/histogram.ts";

function histogramOf(...timesMs: number[]) {
  const recorder = createRecorder();
  for (const timeMs of timesMs) {
    recorder.record(timeMs);
  }
  return recorder.histogram();
}

/** As it comes out of a histogram: half a bucket away at most. */
const about = (timeMs: number) => ({
  asymmetricMatch: (value: number) => Math.abs(value / timeMs - 1) < 0.0116,
  toString: () => `about ${timeMs}`,
});

describe("histogram", () => {
  test("tells a time to 1.2 %, whatever its order of magnitude", () => {
    for (const timeMs of [0.0123, 0.4, 3, 77.7, 2381.59]) {
      expect(quantileMs(histogramOf(timeMs), 0.5)).toEqual(about(timeMs));
    }
  });

  test("quantile: the shortest time that is not below the share", () => {
    const times = Array.from({ length: 100 }, (_, at) => at + 1);
    const histogram = histogramOf(...times.toReversed());
    expect(quantileMs(histogram, 0.5)).toEqual(about(50));
    expect(quantileMs(histogram, 0.99)).toEqual(about(99));
    expect(quantileMs(histogram, 1)).toEqual(about(100));
  });

  test("merge: counts what each has", () => {
    const merged = merge([histogramOf(1, 1, 1), histogramOf(1, 50), []]);
    expect(merged.map(([, count]) => count)).toEqual([4, 1]);
    expect(quantileMs(merged, 0.81)).toEqual(about(50));
  });

  test("none is not a time", () => {
    expect(quantileMs([], 0.5)).toBeNaN();
  });

  test("what came before it was due counts as in time", () => {
    expect(quantileMs(histogramOf(-3, 0), 1)).toBe(0.001);
  });
});
