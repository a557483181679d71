import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retry } from "../../../src/resilience/retry.ts";

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
