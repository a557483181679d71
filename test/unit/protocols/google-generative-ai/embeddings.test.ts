/** How embeddings are asked of Google, and how its answers are read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { embeddings } from "../../../../src/protocols/google-generative-ai/embeddings.ts";

function encoded(parameters: object = {}, modelId = "gemini-embedding-001") {
  return embeddings.encode(
    { inputs: ["one", "two"], encoding: "float", parameters: { ...parameters } },
    { modelId, baseUrl: "https://generativelanguage.googleapis.com/v1beta" },
  );
}

const requestOf = (text: string, more: object = {}) => ({
  model: "models/gemini-embedding-001",
  content: { parts: [{ text }] },
  ...more,
});

describe("a request", () => {
  test("has one content for each input", () => {
    expect(encoded()).toEqual({
      path: "/models/gemini-embedding-001:batchEmbedContents",
      headers: {},
      body: { requests: [requestOf("one"), requestOf("two")] },
      dropped: [],
    });
  });

  test("has the dimensions and Google's own members with each content", () => {
    const own = { outputDimensionality: 256, taskType: "RETRIEVAL_DOCUMENT", title: "T" };
    for (const written of [
      { dimensions: 256, taskType: "RETRIEVAL_DOCUMENT", title: "T" },
      { dimensions: 256, task_type: "RETRIEVAL_DOCUMENT", title: "T" },
    ]) {
      const { body, dropped } = encoded(written);
      expect([body, dropped]).toEqual([
        { requests: [requestOf("one", own), requestOf("two", own)] },
        [],
      ]);
    }
  });

  test("names what Google's API does not have", () => {
    expect(encoded({ user: "u", priority: 1, dimensions: null }).dropped).toEqual([
      "user",
      "priority",
    ]);
  });

  test("takes a model's name as Google writes it", () => {
    expect(encoded({}, "models/gemini-embedding-001").path).toBe(
      "/models/gemini-embedding-001:batchEmbedContents",
    );
  });

  test("is refused for dimensions that are no number", () => {
    expect(() => encoded({ dimensions: "many" })).toThrow("`dimensions` must be a number.");
  });
});

describe("an answer", () => {
  test("has the vectors in order, and the tokens only if Google counts them", () => {
    const list = [{ values: [0.25, -1e-9] }, { values: [3, 4], shape: [2] }];
    const vectors = [
      [0.25, -1e-9],
      [3, 4],
    ];
    expect(embeddings.decode({ embeddings: list })).toEqual({
      vectors,
      tokensIn: undefined,
      model: undefined,
    });
    const usageMetadata = { promptTokenCount: 5, totalTokenCount: 5 };
    expect(embeddings.decode({ embeddings: list, usageMetadata })).toMatchObject({
      vectors,
      tokensIn: 5,
    });
  });

  test.each([
    [{}],
    [{ embeddings: {} }],
    [{ embeddings: [null] }],
    [{ embeddings: [{ values: null }] }],
    [{ embeddings: [{ values: [] }] }],
    [{ embeddings: [{ values: ["1"] }] }],
    [{ embeddings: [{ values: [1] }, { values: [[1]] }] }],
    // Not a number of a 32-bit float: a client that asks for base64 would read Infinity.
    [{ embeddings: [{ values: [1e300] }] }],
  ])("%j is none", (body) => {
    expect(embeddings.decode(body)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (list, usageMetadata) => {
        const answer = embeddings.decode({ embeddings: list, usageMetadata });
        expect(answer?.vectors.flat().every(Number.isFinite) ?? true).toBe(true);
      }),
    );
  });
});
