/** OpenAI's embeddings: how a body is read and an answer is written, for a provider of another protocol. */
import fc from "fast-check";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { embeddings } from "../../../../src/protocols/openai-chat/embeddings.ts";

const { readRequest, writeAnswer } = embeddings;

/** What is refused: the error's code and the path of what is wrong. */
function refusal(body: object): readonly unknown[] {
  try {
    readRequest({ ...body });
  } catch (error) {
    return error instanceof RelayError ? [error.code, error.param] : [error];
  }
  return [];
}

describe("a body", () => {
  test("is read as a list of inputs, an encoding and parameters", () => {
    expect(readRequest({ model: "m", input: "x", user: "u", dimensions: 2 })).toEqual({
      inputs: ["x"],
      encoding: "float",
      parameters: { user: "u", dimensions: 2 },
    });
    expect(readRequest({ input: ["x", ""], encoding_format: "base64" })).toEqual({
      inputs: ["x", ""],
      encoding: "base64",
      parameters: {},
    });
    expect(readRequest({ input: [], encoding_format: null })).toMatchObject({
      inputs: [],
      encoding: "float",
    });
  });

  test.each([
    [{ input: [1, 2] }, "unsupported_params", "input"],
    [{ input: [[1, 2]] }, "unsupported_params", "input[0]"],
    [{ input: ["x", [1, 2]] }, "unsupported_params", "input[1]"],
    [{ input: ["x", 1] }, "invalid_body", "input[1]"],
    [{ input: ["x", null] }, "invalid_body", "input[1]"],
    [{ input: "x", encoding_format: "int8" }, "invalid_body", "encoding_format"],
  ])("%j is refused", (body, code, param) => {
    expect(refusal(body)).toEqual([code, param]);
  });
});

describe("an answer", () => {
  const vectors = [
    [0.25, -0.5],
    [1, 2],
  ];
  const written = (encoding: "float" | "base64", tokensIn?: number) =>
    JSON.parse(writeAnswer({ vectors, tokensIn, model: undefined }, { encoding, modelId: "m" }));

  test("has the shape of OpenAI's", () => {
    expect(written("float", 7)).toEqual({
      object: "list",
      data: [
        { object: "embedding", index: 0, embedding: [0.25, -0.5] },
        { object: "embedding", index: 1, embedding: [1, 2] },
      ],
      model: "m",
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
  });

  test("in base64 has little-endian floats", () => {
    expect(written("base64").data).toEqual([
      { object: "embedding", index: 0, embedding: "AACAPgAAAL8=" },
      { object: "embedding", index: 1, embedding: "AACAPwAAAEA=" },
    ]);
  });

  test("has no usage if the provider counted none", () => {
    expect(written("float")).not.toHaveProperty("usage");
  });

  test("says the same to the openai client, which asks for base64, as in plain numbers", async () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(float, { minLength: 1 })), async (lists) => {
        const answer = { vectors: lists, tokensIn: 1, model: "m" };
        const client = new OpenAI({
          apiKey: "k",
          fetch: async (_url, init) => {
            const { encoding } = readRequest(JSON.parse(init?.body as string));
            const headers = { "content-type": "application/json" };
            return new Response(writeAnswer(answer, { encoding, modelId: "m1" }), { headers });
          },
        });
        const ask = { model: "m", input: lists.map(String) };
        const packed = await client.embeddings.create(ask);
        const plain = await client.embeddings.create({ ...ask, encoding_format: "float" });
        expect(plain.data).toEqual(packed.data.map(withoutNegativeZeros));
        expect(plain.data.map(({ embedding }) => embedding)).toEqual(
          JSON.parse(JSON.stringify(lists)),
        );
      }),
    );
  });
});

/** JSON has none. */
function withoutNegativeZeros(item: OpenAI.Embedding): OpenAI.Embedding {
  return { ...item, embedding: item.embedding.map((value) => value + 0) };
}
