import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fallback } from "../../../src/resilience/fallback.ts";

type Outcome = "ok" | "retryable" | "final";

/** Runs the outcomes in order. @returns the tried targets and the result. */
async function run(outcomes: readonly Outcome[]) {
  const tried: number[] = [];
  const result = await fallback({
    targets: outcomes.map((_, index) => index),
    attempt: async (index) => {
      tried.push(index);
      if (outcomes[index] !== "ok") {
        throw new Error(outcomes[index]);
      }
      return index;
    },
    mayFallBack: (failure) => (failure as Error).message === "retryable",
    report: (failures) => failures.at(-1),
  }).then(
    (value) => ({ value }),
    (failure: Error) => ({ failure: failure.message }),
  );
  return { tried, result };
}

describe("fallback", () => {
  test("returns the result of the first successful target and tries no other", async () => {
    expect(await run(["retryable", "ok", "ok"])).toEqual({ tried: [0, 1], result: { value: 1 } });
  });

  test("stops at a failure that allows no fallback", async () => {
    expect(await run(["final", "ok"])).toEqual({ tried: [0], result: { failure: "final" } });
  });

  test("tries each target at most once, in order, up to the first final outcome", async () => {
    const outcome = fc.constantFrom<Outcome>("ok", "retryable", "final");
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { minLength: 1, maxLength: 8 }), async (outcomes) => {
        const settles = outcomes.findIndex((each) => each !== "retryable");
        const last = settles === -1 ? outcomes.length - 1 : settles;
        const { tried, result } = await run(outcomes);
        expect(tried).toEqual(outcomes.slice(0, last + 1).map((_, index) => index));
        expect(result).toEqual(
          outcomes[last] === "ok" ? { value: last } : { failure: outcomes[last] },
        );
      }),
    );
  });
});
