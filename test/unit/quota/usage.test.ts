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

  test("took what the size of its answer says, once it is over", () => {
    const whole = estimatedUsage({ ...call, answerBytes: 80, isOver: true });
    expect(whole).toMatchObject({ tokensIn: 100, tokensOut: 20 });
    const stream = { ...call, answerBytes: 30_000, isOver: true };
    // A token in each event, or pages of text in one.
    expect(estimatedUsage({ ...stream, eventBytes: 300 }).tokensOut).toBe(200);
    expect(estimatedUsage({ ...stream, eventBytes: 3000 }).tokensOut).toBe(6500);
  });

  test("takes all that it may while the provider is still at work", () => {
    const left = { ...call, isOver: false };
    expect(estimatedUsage({ ...left, answerBytes: 0 })).toMatchObject({
      tokensIn: 100,
      tokensOut: 50,
    });
    expect(estimatedUsage({ ...left, answerBytes: 800 }).tokensOut).toBe(200);
  });
});

describe("what a call costs", () => {
  const rates = { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 2.5 };
  const usage = {
    tokensIn: 1_000_000,
    tokensOut: 500_000,
    tokensCached: 400_000,
    tokensCacheWrite: 100_000,
  };

  test("has a price of its own for what was read from and written to the cache", () => {
    expect(costUsd(usage, rates)).toBeCloseTo(0.5 * 2 + 0.4 * 0.5 + 0.1 * 2.5 + 0.5 * 8);
    // A provider that counts the cached part beside the prompt does not make it negative.
    expect(costUsd({ ...usage, tokensIn: 0 }, rates)).toBeCloseTo(0.4 * 0.5 + 0.1 * 2.5 + 0.5 * 8);
    expect(costUsd(usage, undefined)).toBe(0);
  });

  test("goes by the tier that the whole prompt's length selects", () => {
    const double = { input: 4, output: 16, cacheRead: 1, cacheWrite: 5, fromTokens: 200_000 };
    const tiered = { ...rates, tiers: [{ ...rates, fromTokens: 0 }, double] };
    const fresh = { tokensOut: 0, tokensCached: 0, tokensCacheWrite: 0 };
    expect(costUsd({ ...fresh, tokensIn: 199_999 }, tiered)).toBeCloseTo(0.399998, 9);
    expect(costUsd({ ...fresh, tokensIn: 200_000 }, tiered)).toBeCloseTo(0.8, 9);
    // A prompt that is shorter than every tier has the first one's rates.
    expect(costUsd({ ...fresh, tokensIn: 1000 }, { ...rates, tiers: [double] })).toBeCloseTo(0.004);
  });
});
