/** How embeddings are asked of Ollama, and how its answers are read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { embeddings } from "../../../../src/protocols/ollama/embeddings.ts";

function encoded(parameters: object = {}, baseUrl = "http://127.0.0.1:11434") {
  return embeddings.encode(
    { inputs: ["one", "two"], encoding: "float", parameters: { ...parameters } },
    { modelId: "all-minilm", baseUrl },
  );
}

describe("a request", () => {
  test("fails if an input is too long", () => {
    expect(encoded()).toEqual({
      path: "/api/embed",
      headers: {},
      body: { model: "all-minilm", input: ["one", "two"], truncate: false },
      dropped: [],
    });
  });

  test("has the dimensions and Ollama's own members", () => {
    const { body, dropped } = encoded({
      dimensions: 128,
      keep_alive: "10m",
      truncate: true,
      num_ctx: 4096,
      options: { num_thread: 2 },
    });
    expect(body).toEqual({
      model: "all-minilm",
      input: ["one", "two"],
      truncate: true,
      dimensions: 128,
      keep_alive: "10m",
      options: { num_ctx: 4096, num_thread: 2 },
    });
    expect(dropped).toEqual([]);
  });

  test("names what Ollama's API does not have", () => {
    expect(encoded({ user: "u", temperature: 1, keep_alive: null }).dropped).toEqual([
      "user",
      "temperature",
    ]);
  });

  test("goes beside the compatible API if the URL is that one's", () => {
    expect(encoded({}, "http://127.0.0.1:11434/v1").path).toBe("/../api/embed");
  });

  test.each([
    [{ dimensions: "many" }, "`dimensions` must be a number."],
    [{ options: [] }, "`options` must be an object."],
    [{ truncate: "no" }, "`truncate` must be true or false."],
  ])("is refused for %j", (parameters, message) => {
    expect(() => encoded(parameters)).toThrow(message);
  });
});

describe("an answer", () => {
  test("has the vectors in order, the tokens and the model", () => {
    const vectors = [
      [0.25, -1e-9],
      [3, 4],
    ];
    const answer = { model: "all-minilm:l6", embeddings: vectors, prompt_eval_count: 8 };
    expect(embeddings.decode(answer)).toEqual({ vectors, tokensIn: 8, model: "all-minilm:l6" });
    expect(embeddings.decode({ embeddings: vectors })).toEqual({
      vectors,
      tokensIn: undefined,
      model: undefined,
    });
  });

  test.each([
    [{}],
    [{ embedding: [1] }],
    [{ embeddings: { 0: [1] } }],
    [{ embeddings: [1] }],
    [{ embeddings: [[1], []] }],
    [{ embeddings: [[null]] }],
    [{ embeddings: [[1e300]] }],
  ])("%j is none", (body) => {
    expect(embeddings.decode(body)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (list, count) => {
        const answer = embeddings.decode({ embeddings: list, prompt_eval_count: count });
        expect(answer?.vectors.flat().every(Number.isFinite) ?? true).toBe(true);
      }),
    );
  });
});
