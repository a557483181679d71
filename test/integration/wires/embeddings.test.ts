/** Embeddings of providers that do not speak OpenAI's protocol, with the unmodified `openai` client. */
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createKeyText, keyDigest } from "../../../src/access/key-text.ts";
import { call, until } from "../../support/client.ts";
import { type Behaviour, json, type Provider, raw, startProvider } from "../../support/provider.ts";
import { fakeHost, type FakeHostOptions, startRelayServer } from "../../support/relay-server.ts";
import { scriptedGoogle } from "../../support/wires/google-generative-ai.ts";
import { scriptedOllama } from "../../support/wires/ollama.ts";
import { play, type ScriptedWire } from "../../support/wires/scene.ts";

interface EmbeddingsCase {
  readonly wire: ScriptedWire;
  readonly path: string;
  /** The request for these inputs, without parameters. */
  readonly request: (inputs: readonly string[]) => object;
  /** A success of the vendor. */
  readonly answer: (vectors: readonly unknown[], tokens?: number) => object;
  /** The path of the vendor's OpenAI-compatible endpoint. */
  readonly compatiblePath: string;
}

const cases: readonly EmbeddingsCase[] = [
  {
    wire: scriptedGoogle,
    path: "/v1beta/models/e1:batchEmbedContents",
    request: (inputs) => ({
      requests: inputs.map((text) => ({ model: "models/e1", content: { parts: [{ text }] } })),
    }),
    answer: (vectors, tokens) => ({
      embeddings: vectors.map((values) => ({ values })),
      ...(tokens === undefined ? {} : { usageMetadata: { promptTokenCount: tokens } }),
    }),
    compatiblePath: "/v1beta/openai/embeddings",
  },
  {
    wire: scriptedOllama,
    path: "/api/embed",
    request: (input) => ({ model: "e1", input, truncate: false }),
    answer: (embeddings, tokens) => ({
      model: "e1",
      embeddings,
      total_duration: 14_143_917,
      ...(tokens === undefined ? {} : { prompt_eval_count: tokens }),
    }),
    compatiblePath: "/v1/embeddings",
  },
];

const vectors = [
  [0.25, -0.5],
  [1, 0.125],
];
const inputs = ["one", "two"];
const key = createKeyText();
const sha256 = keyDigest(key).toString("hex");
const stored = { id: "k1", sha256, modes: ["passthrough"], models: ["a/*"] };

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
beforeEach(() => provider.reset());
afterAll(() => provider.close());

/** A relay for one test, whose provider `a` speaks the wire. */
async function start(wire: ScriptedWire, options: Partial<FakeHostOptions> = {}) {
  const relay = await startRelayServer(
    fakeHost({
      models: ["a/e1"],
      providers: { a: wire.baseUrl(provider.baseUrl) },
      apis: { a: wire.api },
      // Every token costs a dollar.
      cost: { input: 1e6, output: 1e6, cacheRead: 1e6, cacheWrite: 1e6 },
      ...options,
      config: {
        keys: { bot: stored },
        upstream: { retries: 0 },
        ...options.config,
      },
    }),
  );
  onTestFinished(relay.close);
  const openai = new OpenAI({
    baseURL: `${relay.url}/passthrough/v1`,
    apiKey: key,
    maxRetries: 0,
  });
  const embed = (more: object = {}) =>
    openai.embeddings.create({ model: "a/e1", input: inputs, ...more });
  const usage = async () => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await call(`${relay.url}/passthrough/v1/usage`, { headers });
    return JSON.parse(answer.body.toString()).today;
  };
  return { relay, embed, usage };
}

async function failureOf(answer: Promise<unknown>): Promise<APIError> {
  const failure = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof APIError)) {
    throw new TypeError("no error of the API", { cause: failure });
  }
  return failure;
}

describe.each(cases.map((given) => [given.wire.api, given] as const))(
  "%s",
  (_api, { wire, path, request, answer, compatiblePath }) => {
    test("the client's default, base64, and plain numbers give the same vectors", async () => {
      const { embed } = await start(wire);
      provider.behave("e1", json(answer(vectors, 7)));
      const packed = await embed();
      expect(packed).toEqual({
        object: "list",
        data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
        model: "e1",
        usage: { prompt_tokens: 7, total_tokens: 7 },
      });
      expect(await embed({ encoding_format: "float" })).toEqual(packed);
      expect(provider.requests.map((sent) => [sent.path, sent.json])).toEqual(
        Array.from({ length: 2 }, () => [path, request(inputs)]),
      );
    });

    test("one input is a batch of one", async () => {
      const { embed } = await start(wire);
      provider.behave("e1", json(answer(vectors.slice(0, 1))));
      expect((await embed({ input: "one" })).data).toHaveLength(1);
      expect(provider.requests[0]?.json).toEqual(request(["one"]));
    });

    test("what the wire does not have is named, or refused", async () => {
      provider.behave("e1", json(answer(vectors)));
      const given = { dimensions: 2, user: "u", priority: 1 };
      const { embed } = await start(wire);
      const { response } = await (await start(wire)).embed(given).withResponse();
      expect(response.headers.get("x-openclaw-dropped-params")).toBe("user, priority");
      expect(response.headers.get("x-openclaw-model")).toBe("e1");
      const { response: plain } = await embed({ dimensions: 2 }).withResponse();
      expect(plain.headers.has("x-openclaw-dropped-params")).toBe(false);
      const strict = await start(wire, {
        config: { upstream: { unsupported: "reject", retries: 0 } },
      });
      expect(await failureOf(strict.embed(given))).toMatchObject({
        status: 400,
        code: "unsupported_params",
        param: "user",
      });
      expect(provider.requests).toHaveLength(2);
    });

    test("tokens instead of text are refused with their path, unsent", async () => {
      const { embed } = await start(wire);
      for (const [input, param] of [
        [[1, 2], "input"],
        [[[1, 2]], "input[0]"],
      ]) {
        expect(await failureOf(embed({ input }))).toMatchObject({
          status: 400,
          code: "unsupported_params",
          param,
        });
      }
      expect(provider.requests).toHaveLength(0);
    });

    test("a key's usage is what the provider counts", async () => {
      const { embed, usage } = await start(wire);
      provider.behave("e1", json(answer(vectors, 7)));
      await embed();
      await until(async () => (await usage()).requests === 1);
      expect(await usage()).toMatchObject({ tokensIn: 7, tokensOut: 0, costUsd: 7 });
    });

    test("an uncounted request costs its prompt, not the length of its vectors", async () => {
      const { embed, usage } = await start(wire);
      provider.behave("e1", json(answer(vectors)));
      expect(await embed()).not.toHaveProperty("usage");
      await until(async () => (await usage()).requests === 1);
      const tokensIn = Math.ceil((provider.requests[0]?.body.length ?? 0) / 4);
      expect(await usage()).toMatchObject({ tokensIn, tokensOut: 0 });
    });

    test("a request that is refused is the provider's answer, in OpenAI's words", async () => {
      const { embed } = await start(wire);
      provider.behave("e1", play(wire, { fail: { status: 404, message: "no such model" } }));
      expect(await failureOf(embed())).toMatchObject({
        status: 404,
        error: { message: "no such model" },
      });
      const tooLong = { status: 400, message: "too long", isContextLength: true };
      provider.behave("e1", play(wire, { fail: tooLong }));
      expect(await failureOf(embed())).toMatchObject({
        status: 400,
        code: "context_length_exceeded",
      });
    });

    test("a refused key is the gateway's fault", async () => {
      const { embed } = await start(wire, { keys: ["k0"] });
      provider.behave("e1", play(wire, { fail: { status: 401, message: "bad key" } }));
      expect(await failureOf(embed())).toMatchObject({
        status: 502,
        code: "upstream_unauthorized",
      });
    });

    test("too many requests tell how long to wait", async () => {
      const { embed } = await start(wire);
      const fail = { status: 429, message: "slow down", retryAfterSeconds: 34 };
      provider.behave("e1", play(wire, { fail }));
      const { status, headers } = await failureOf(embed());
      expect(status).toBe(429);
      expect(headers?.get("retry-after-ms") ?? headers?.get("retry-after")).toMatch(
        /^(?:34000|34)$/,
      );
    });

    test("a failure is retried", async () => {
      const { embed } = await start(wire, { config: { upstream: { retries: 1 } } });
      const failing = play(wire, { fail: { status: 503, message: "overloaded" } });
      let calls = 0;
      provider.behave("e1", (exchange) => {
        calls += 1;
        return (calls === 1 ? failing : json(answer(vectors)))(exchange);
      });
      expect((await embed()).data).toHaveLength(2);
      expect(calls).toBe(2);
    });

    test.each<[string, Behaviour]>([
      ["too few vectors", json(answer(vectors.slice(0, 1)))],
      ["too many vectors", json(answer([...vectors, [1]]))],
      ["no list", json({ embeddings: null })],
      ["a vector of texts", json(answer([["1"], ["2"]]))],
      [
        "a number that no float has",
        raw(JSON.stringify(answer([[7], [8]])).replace("7", "1e999"), 200, {}),
      ],
      ["no JSON", raw("{", 200, { "content-type": "application/json" })],
      ["a page", raw("<html></html>", 200, { "content-type": "text/html" })],
      ["nothing", raw("", 200, {})],
      ["more than 32 MiB", raw(Buffer.alloc(33 * 1024 * 1024, " "), 200, {})],
    ])("an answer with %s is a 502", async (_what, behaviour) => {
      const { embed } = await start(wire);
      provider.behave("e1", behaviour);
      expect(await failureOf(embed())).toMatchObject({ status: 502, code: "upstream_unreadable" });
    });

    test("an error within a success is an error", async () => {
      const { embed } = await start(wire);
      const { body } = wire.failure({ status: 503, message: "the model crashed" });
      provider.behave("e1", raw(body, 200, { "content-type": "application/json" }));
      expect((await failureOf(embed())).status).toBeGreaterThanOrEqual(500);
    });

    test("a large batch comes whole", async () => {
      const { embed, usage } = await start(wire);
      const many = Array.from({ length: 120 }, (_, at) =>
        Array.from({ length: 1024 }, (_value, index) => Math.fround(Math.sin(at + index))),
      );
      provider.behave("e1", json(answer(many, 120)));
      const { data } = await embed({ input: many.map(String), encoding_format: "float" });
      expect(data.map(({ embedding }) => embedding)).toEqual(many);
      await until(async () => (await usage()).requests === 1);
      expect(await usage()).toMatchObject({ tokensIn: 120, tokensOut: 0 });
    });

    test('the same with `wire: "host"`, because the runtime has no embeddings', async () => {
      const { embed } = await start(wire, {
        config: { upstream: { providers: { a: { wire: "host" } } } },
      });
      provider.behave("e1", json(answer(vectors)));
      expect((await embed()).data).toHaveLength(2);
      expect(provider.requests[0]?.path).toBe(path);
    });

    test('with `wire: "chat"` the vendor\'s compatible endpoint is asked', async () => {
      const { embed } = await start(wire, {
        config: { upstream: { providers: { a: { wire: "chat" } } } },
      });
      expect((await embed({ encoding_format: "float" })).data[0]?.embedding).toEqual([0.25, -0.5]);
      expect(provider.requests[0]?.path).toBe(compatiblePath);
    });
  },
);

test("Google hears the same from the AI SDK, but for the role", async () => {
  const { embed } = await start(scriptedGoogle);
  provider.behave("e1", json(cases[0]?.answer(vectors)));
  const baseURL = scriptedGoogle.baseUrl(provider.baseUrl);
  const native = createGoogleGenerativeAI({ baseURL, apiKey: "k" }).embeddingModel("e1");
  const google = { outputDimensionality: 2, taskType: "RETRIEVAL_QUERY" as const };
  const { embeddings } = await native.doEmbed({ values: inputs, providerOptions: { google } });
  const { data } = await embed({ dimensions: 2, taskType: "RETRIEVAL_QUERY" });
  expect(data.map(({ embedding }) => embedding)).toEqual(embeddings);
  const [theirs, ours] = provider.requests;
  expect(ours?.path).toBe(theirs?.path);
  expect(ours?.json).toEqual(
    JSON.parse(theirs?.body.toString().replaceAll('"role":"user",', "") ?? ""),
  );
});

test("a provider whose protocol has no embeddings is refused", async () => {
  const { embed } = await start(scriptedGoogle, { apis: { a: "anthropic-messages" } });
  expect(await failureOf(embed())).toMatchObject({ status: 400, code: "unsupported_target" });
});
