import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs, createRetryBudget } from "../../../src/resilience/backoff.ts";
import { retry } from "../../../src/resilience/retry.ts";
import { createInactivityTimer } from "../../../src/resilience/inactivity-timer.ts";
import { stopClock } from "../../support/clock.ts";

const never = new AbortController().signal;

describe("retry", () => {
  test("makes at most `retries` + 1 attempts and reports the last failure", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(4),
        fc.array(fc.boolean(), { maxLength: 6 }),
        async (retries, outcomes) => {
          let attempts = 0;
          const result = await retry(
            async () => {
              attempts += 1;
              if (outcomes[attempts - 1] !== true) {
                throw new Error(`attempt ${attempts}`);
              }
              return "ok";
            },
            { retries, delayMs: () => 0, signal: never },
          ).catch((error: Error) => error.message);
          const firstGood = outcomes.indexOf(true);
          const expected = firstGood === -1 ? retries + 1 : Math.min(firstGood, retries) + 1;
          expect(attempts).toBe(expected);
          expect(result).toBe(outcomes[attempts - 1] === true ? "ok" : `attempt ${attempts}`);
        },
      ),
    );
  });

  test("stops if there is no delay", async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new Error("no");
    };
    const options = { retries: 5, delayMs: () => undefined, signal: never };
    await expect(retry(attempt, options)).rejects.toThrow("no");
    expect(attempts).toBe(1);
  });

  test("waits for the delay, and stops waiting when the signal aborts", async () => {
    const gone = new AbortController();
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new Error("no");
    };
    const delayMs = () => {
      setImmediate(() => gone.abort());
      return 24 * 3_600_000;
    };
    await expect(retry(attempt, { retries: 5, delayMs, signal: gone.signal })).rejects.toThrow(
      "no",
    );
    expect(attempts).toBe(1);

    const atMs: number[] = [];
    await retry(
      async () => {
        atMs.push(performance.now());
        if (atMs.length === 1) {
          throw new Error("no");
        }
      },
      { retries: 1, delayMs: () => 60, signal: never },
    );
    expect((atMs[1] ?? 0) - (atMs[0] ?? Infinity)).toBeGreaterThan(55);
  });
});

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

describe("an inactivity timer", () => {
  test("fires once, when the time since the last activity has passed", async () => {
    const clock = stopClock();
    let silences = 0;
    const watch = createInactivityTimer(() => {
      silences += 1;
    });
    watch.expect(60);
    for (let at = 0; at < 10; at += 1) {
      await clock.pass(59);
      watch.touch();
    }
    await clock.pass(59);
    expect(silences).toBe(0);
    await clock.pass(1);
    expect(silences).toBe(1);
    await clock.pass(1000);
    expect(silences).toBe(1);
    watch.expect(20);
    watch.stop();
    await clock.pass(1000);
    expect(silences).toBe(1);
  });
});
