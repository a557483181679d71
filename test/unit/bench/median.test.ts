import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, medianInterval } from "../../../bench/median.ts";

test("the median is the mean of the middle two where there are two", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});

describe("the interval of a median", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => count - at);

  test.each([
    [6, 1, 6],
    [8, 1, 8],
    [9, 2, 8],
    [12, 3, 10],
    [20, 6, 15],
    [25, 8, 18],
  ])(
    "of %i values reaches from the %i. to the %i., as tables of the sign test have it",
    (...row) => {
      const [count, low, high] = row;
      expect(medianInterval(upTo(count))).toEqual({ low, high });
    },
  );

  test("has the median in it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
        (values) => {
          const { low, high } = medianInterval(values);
          expect(low).toBeLessThanOrEqual(median(values));
          expect(high).toBeGreaterThanOrEqual(median(values));
        },
      ),
    );
  });

  test("of no values is not known", () => {
    expect(medianInterval([])).toEqual({ low: Number.NaN, high: Number.NaN });
  });
});
