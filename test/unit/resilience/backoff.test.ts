import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, createRetryBudget } from "../../../src/resilience/backoff.ts";

describe("backoff", () => {
  test("is random up to a bound that doubles up to a maximum", () => {
    const bound = (attemptNumber: number) =>
      backoffMs({ pace: "later", attemptNumber, random: 0.999_999 });
    expect([1, 2, 3, 4, 5, 6, 20].map(bound)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(backoffMs({ pace: "later", attemptNumber: 3, random: 0 })).toBe(0);
    expect(backoffMs({ pace: "soon", attemptNumber: 3, random: 0.999_999 })).toBe(100);
  });

  test("never exceeds its budget", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(fc.nat(5000)), (total, delays) => {
        const budget = createRetryBudget();
        const spent = delays
          .filter((delay) => budget.spend(delay, total))
          .reduce((sum, delay) => sum + delay, 0);
        expect(spent).toBeLessThanOrEqual(total);
      }),
    );
  });
});
