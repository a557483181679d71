import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createHistogram,
  mergedHistogram,
  percentilesOf,
  timeOf,
} from "../../../src/telemetry/histogram.ts";

const times = fc.array(fc.double({ min: 0.05, max: 1_000_000, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

function histogramOf(values: readonly number[]) {
  const histogram = createHistogram();
  for (const ms of values) {
    histogram.observe(timeOf(ms));
  }
  return histogram;
}

test("a quantile is at most 6 % above the observation with that rank, and never below it", () => {
  fc.assert(
    fc.property(times, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, share) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
      const found = histogramOf(values).quantileMs(share) ?? 0;
      expect(found).toBeGreaterThanOrEqual(exact * 0.999_999);
      expect(found).toBeLessThanOrEqual(exact * 1.06);
    }),
  );
});

test("counts up to the bounds of gen_ai.client.operation.duration are exact", () => {
  const bounds = Array.from({ length: 14 }, (_, power) => 10 * 2 ** power);
  fc.assert(
    fc.property(times, fc.constantFrom(...bounds), (values, bound) => {
      // A bound itself counts as within it.
      expect(histogramOf([...values, bound]).countUpTo(bound)).toBe(
        values.filter((ms) => ms <= bound).length + 1,
      );
    }),
  );
});

test("a merged histogram is that of all observations", () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const merged = mergedHistogram([histogramOf(a), undefined, histogramOf(b)]);
      expect(merged?.buckets).toEqual(histogramOf([...a, ...b]).buckets);
      expect(merged?.count).toBe(a.length + b.length);
    }),
  );
});

test("times that are none count as 0, and what is longer than 44 minutes is in the last bucket", () => {
  const histogram = histogramOf([Number.NaN, -5, Infinity, 1e12]);
  expect(histogram.count).toBe(4);
  expect(histogram.countUpTo(1)).toBe(3);
  expect(histogram.quantileMs(1)).toBeLessThan(Infinity);
});

test("there are no percentiles of nothing", () => {
  expect(percentilesOf(undefined)).toBeNull();
  expect(percentilesOf(createHistogram())).toBeNull();
});
