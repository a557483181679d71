import { describe, expect, test } from "vitest";
import {
  parseChatBody,
  parseEmbeddingsBody,
} from "../../../../src/protocols/openai-chat/request.ts";

const bytesOf = (body: object | string) =>
  Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
const expectedOut = (body: object) =>
  parseChatBody(bytesOf({ messages: [], ...body })).expectedTokensOut();

describe("what an answer is expected to use", () => {
  test("is an answer of the usual length where no limit is named", () => {
    expect(expectedOut({})).toBe(1000);
    // Embeddings have no answer of tokens.
    expect(parseEmbeddingsBody(bytesOf({ input: "text" })).expectedTokensOut()).toBe(0);
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
      const body = bytesOf(`{"messages": [], "max_tokens": ${written}, "n": ${written}}`);
      const tokens = parseChatBody(body).expectedTokensOut();
      expect(tokens).toBeGreaterThanOrEqual(0);
      expect(1000 + tokens - tokens).toBe(1000);
    },
  );
});
