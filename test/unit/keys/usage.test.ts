import { describe, expect, test } from "vitest";
import { costUsd, estimatedUsage, expectedUsage } from "../../../src/keys/usage.ts";

const messages: unknown[] = [];
const expectedOut = (body: object) => expectedUsage({ messages, ...body }, 400).tokensOut;

describe("what a request is expected to use", () => {
  test("is its prompt by its bytes, and an answer of the usual length where no limit is named", () => {
    expect(expectedUsage({ messages }, 401)).toEqual({
      tokensIn: 101,
      tokensOut: 1000,
      tokensCached: 0,
    });
    // Embeddings have no answer of tokens.
    expect(expectedUsage({ input: "text" }, 400).tokensOut).toBe(0);
  });

  test("is the limit that the client names, the larger of two, for each answer that it asks for", () => {
    expect(expectedOut({ max_tokens: 6 })).toBe(6);
    expect(expectedOut({ max_completion_tokens: 0, max_tokens: 500 })).toBe(500);
    expect(expectedOut({ max_tokens: 6, n: 3 })).toBe(18);
    expect(expectedOut({ max_tokens: "6", n: "3" })).toBe(1000);
  });

  test.each(["1e999", "1e308", "-1e999", "-5", "null", '"many"'])(
    "is a number that sums can bear, for limits of %s",
    (written) => {
      const body = JSON.parse(`{"max_tokens": ${written}, "n": ${written}}`);
      const tokens = expectedOut(body);
      expect(tokens).toBeGreaterThanOrEqual(0);
      expect(1000 + tokens - tokens).toBe(1000);
    },
  );
});

test("a provider that reports nothing is taken to have used what its answer's size says", () => {
  expect(estimatedUsage(400, { bytes: 80, isStream: false })).toMatchObject({
    tokensIn: 100,
    tokensOut: 20,
  });
  expect(estimatedUsage(400, { bytes: 1500, isStream: true }).tokensOut).toBe(10);
});

test("the part of a prompt that was cached has a price of its own", () => {
  const cost = { input: 2, output: 8, cacheRead: 0.5 };
  const usage = { tokensIn: 1_000_000, tokensOut: 500_000, tokensCached: 400_000 };
  expect(costUsd(usage, cost)).toBeCloseTo(0.6 * 2 + 0.4 * 0.5 + 0.5 * 8);
  // A provider that counts the cached part beside the prompt does not make it negative.
  expect(costUsd({ ...usage, tokensIn: 0 }, cost)).toBeCloseTo(0.4 * 0.5 + 0.5 * 8);
  expect(costUsd(usage, undefined)).toBe(0);
});
