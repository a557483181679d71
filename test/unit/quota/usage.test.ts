import { describe, expect, test } from "vitest";
import { costUsd, estimatedUsage, expectedUsage } from "../../../src/quota/usage.ts";

test("a request is expected to use its prompt, by its bytes, and its answer", () => {
  expect(expectedUsage(1000, 401)).toEqual({
    tokensIn: 101,
    tokensOut: 1000,
    tokensCached: 0,
    tokensCacheWrite: 0,
  });
});

describe("a call whose provider reports nothing", () => {
  const call = { expectedTokensOut: 50, sentBytes: 400, eventBytes: undefined };

  test("is estimated by the answer's size once it has ended", () => {
    const whole = estimatedUsage({ ...call, answerBytes: 80, isOver: true });
    expect(whole).toMatchObject({ tokensIn: 100, tokensOut: 20 });
    const stream = { ...call, answerBytes: 30_000, isOver: true };
    // One token per small event, or many tokens in a large one.
    expect(estimatedUsage({ ...stream, eventBytes: 300 }).tokensOut).toBe(200);
    expect(estimatedUsage({ ...stream, eventBytes: 3000 }).tokensOut).toBe(6500);
  });

  test("is estimated at its limit while the provider is still working", () => {
    const left = { ...call, isOver: false };
    expect(estimatedUsage({ ...left, answerBytes: 0 })).toMatchObject({
      tokensIn: 100,
      tokensOut: 50,
    });
    expect(estimatedUsage({ ...left, answerBytes: 800 }).tokensOut).toBe(200);
  });
});

describe("the cost of a call", () => {
  const rates = { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2.5 };
  const usage = {
    tokensIn: 1_000_000,
    tokensOut: 500_000,
    tokensCached: 400_000,
    tokensCacheWrite: 100_000,
  };

  test("prices cache reads and writes separately", () => {
    expect(costUsd(usage, rates)).toBeCloseTo(0.5 * 2 + 0.4 * 0.5 + 0.1 * 2.5 + 0.5 * 8);
    // A provider that does not include cached tokens in the prompt does not make it negative.
    expect(costUsd({ ...usage, tokensIn: 0 }, rates)).toBeCloseTo(0.4 * 0.5 + 0.1 * 2.5 + 0.5 * 8);
    expect(costUsd(usage, undefined)).toBe(0);
  });

  test("uses the tier that the whole prompt length selects", () => {
    const double = { input: 4, output: 16, cacheRead: 1, cacheWrite: 5, fromTokens: 200_000 };
    const tiered = { ...rates, tiers: [{ ...rates, fromTokens: 0 }, double] };
    const fresh = { tokensOut: 0, tokensCached: 0, tokensCacheWrite: 0 };
    expect(costUsd({ ...fresh, tokensIn: 199_999 }, tiered)).toBeCloseTo(0.399998, 9);
    expect(costUsd({ ...fresh, tokensIn: 200_000 }, tiered)).toBeCloseTo(0.8, 9);
    // A prompt shorter than every tier has the first tier's rates.
    expect(costUsd({ ...fresh, tokensIn: 1000 }, { ...rates, tiers: [double] })).toBeCloseTo(0.004);
  });
});
