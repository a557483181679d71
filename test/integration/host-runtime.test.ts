/** Models that the host's runtime calls: a target like any other. The runtime is a script. */
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../src/answer/answer-event.ts";
import { RelayError } from "../../src/errors.ts";
import type { RuntimeFailure } from "../../src/protocols/runtime.ts";
import type { RuntimeCall } from "../../src/upstream/ports.ts";
import { call, open, until } from "../support/client.ts";
import { type Provider, startProvider } from "../support/provider.ts";
import {
  fakeHost,
  type FakeHostOptions,
  type RelayServer,
  startRelayServer,
} from "../support/relay-server.ts";
import { messages } from "./fixture.ts";

type Script = (call: RuntimeCall) => Promise<RuntimeFailure | undefined>;

const text = (value: string): AnswerEvent => ({ kind: "text", text: value });
const usage: AnswerEvent = {
  kind: "usage",
  usage: { tokensIn: 20, tokensOut: 5, tokensCached: 10, tokensCacheWrite: 0, tokensReasoning: 2 },
};
const hello: readonly AnswerEvent[] = [
  { kind: "start", id: "msg_1", model: "m-2026" },
  text("Hel"),
  text("lo"),
  usage,
  { kind: "finish", reason: "stop" },
];
const failed = (status: number, more: object = {}): RuntimeFailure => ({
  kind: "status",
  status,
  message: "Not now.",
  type: "some_error",
  code: undefined,
  retryAfterMs: undefined,
  ...more,
});

const answers =
  (events: readonly AnswerEvent[], end?: RuntimeFailure): Script =>
  async ({ onBegin, onEvents }) => {
    onBegin();
    for (const event of events) {
      onEvents([event]);
      await Promise.resolve();
    }
    return end;
  };
/** Says this, and then nothing until it is aborted. */
const hangs =
  (events: readonly AnswerEvent[], onAborted: () => void): Script =>
  async ({ signal, onBegin, onEvents }) => {
    onBegin();
    onEvents(events);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    onAborted();
    throw signal.reason;
  };

let relay: RelayServer | undefined;
let provider: Provider | undefined;
afterEach(async () => {
  await relay?.close();
  await provider?.close();
});

/** The agent's models are `a/m1`, which the runtime calls, and `b/m2`, which speaks chat completions. */
async function start(script: Script, options: Partial<FakeHostOptions> = {}) {
  const calls: RuntimeCall[] = [];
  provider = await startProvider();
  const host = fakeHost({
    models: ["a/m1", "b/m2"],
    providers: { a: "http://127.0.0.1:9", b: provider.baseUrl },
    config: { upstream: { retries: 0 } },
    ...options,
    callModel(made) {
      calls.push(made);
      return script(made);
    },
  });
  relay = await startRelayServer({
    ...host,
    async route(target) {
      const route = await host.route(target);
      return route.provider === "a" ? { ...route, api: "bedrock-converse-stream" } : route;
    },
  });
  const url = `${relay.url}/v1/chat/completions`;
  const ask = (more: object = {}) => call(url, { body: { messages, ...more } });
  const named = { model: "a/m1", messages: messages as OpenAI.ChatCompletionMessageParam[] };
  const openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
  return { calls, url, ask, named, openai };
}
const only = { model: "a/m1" };
const errorOf = (answer: { readonly body: Buffer }) => JSON.parse(answer.body.toString()).error;

test("answers as a stream and whole, with the model's own id, name and counts", async () => {
  const { openai, named, calls } = await start(answers(hello));
  const whole = await openai.chat.completions.create({ ...named, max_tokens: 7 });
  const streamed = await openai.chat.completions
    .stream({ ...named, stream_options: { include_usage: true } })
    .finalChatCompletion();
  for (const answer of [whole, streamed]) {
    expect(answer).toMatchObject({
      id: "msg_1",
      model: "m-2026",
      choices: [{ message: { content: "Hello" }, finish_reason: "stop" }],
      usage: {
        prompt_tokens: 20,
        completion_tokens: 5,
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    });
  }
  expect(calls[0]).toMatchObject({
    agentId: "main",
    provider: "a",
    modelId: "m1",
    key: "sk-provider-key",
    context: { messages: [{ role: "user", content: "say hi" }] },
    options: { maxTokens: 7, cacheRetention: "none" },
  });
});

test("names dropped parameters, or tries the next target", async () => {
  const { ask } = await start(answers(hello));
  expect((await ask({ ...only, seed: 1 })).headers["x-openclaw-dropped-params"]).toBe("seed");
  await relay?.close();
  await provider?.close();
  const strict = await start(answers(hello), {
    config: { upstream: { retries: 0, unsupported: "reject" } },
  });
  const answer = await strict.ask({ seed: 1 });
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(/^a\/m1 unsupported_params .*b\/m2 ok/);
  expect(strict.calls).toHaveLength(0);
});

describe("a failure before the first word", () => {
  test.each<[string, Script, string]>([
    ["a status", answers([], failed(500)), "upstream_failed"],
    ["429", answers([], failed(429, { retryAfterMs: 7000 })), "upstream_rate_limited"],
    [
      "a lost connection",
      answers([], { kind: "unreachable", message: "x" }),
      "upstream_unreachable",
    ],
    [
      "an API that nobody speaks",
      answers([], { kind: "unknown-api", message: "x" }),
      "api_not_supported",
    ],
    ["no key", answers([], { kind: "no-key", message: "x" }), "provider_not_configured"],
    ["an answer without an end", answers([]), "upstream_unreadable"],
    [
      "a host that cannot prepare the model",
      () => Promise.reject(new RelayError("provider_not_configured", "No.")),
      "provider_not_configured",
    ],
  ])("%s goes to the next target", async (_what, script, code) => {
    const { ask } = await start(script);
    for (const stream of [true, false]) {
      const answer = await ask({ stream });
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
        new RegExp(`^a/m1 ${code} .*b/m2 ok`),
      );
    }
  });

  test.each([
    [400, 400],
    [413, 413],
    [429, 429],
    [529, 529],
  ])("status %i reaches the client as %i", async (status, seen) => {
    const { ask } = await start(answers([], failed(status)));
    for (const stream of [true, false]) {
      const answer = await ask({ ...only, stream });
      expect([answer.status, errorOf(answer).message]).toEqual([seen, "Not now."]);
    }
  });

  test("is retried after the provider's wait", async () => {
    let times = 0;
    const { ask } = await start(
      (made) => {
        times += 1;
        const next = times === 1 ? answers([], failed(429, { retryAfterMs: 30 })) : answers(hello);
        return next(made);
      },
      { config: { upstream: { retries: 1 } } },
    );
    expect(await ask(only)).toMatchObject({ status: 200 });
    expect(times).toBe(2);
  });

  test("opens the circuit", async () => {
    const breaker = { failures: 2, resetMs: 60_000 };
    const { ask, calls } = await start(answers([], failed(500)), {
      config: { upstream: { retries: 0, breaker } },
    });
    await ask(only);
    await ask(only);
    expect(errorOf(await ask(only)).code).toBe("circuit_open");
    expect(calls).toHaveLength(2);
  });

  test("a 401 tries the provider's next key", async () => {
    const { ask, calls } = await start(
      (made) => (made.key === "sk-first" ? answers([], failed(401)) : answers(hello))(made),
      { keys: ["sk-first", "sk-second"] },
    );
    expect(await ask(only)).toMatchObject({ status: 200 });
    expect(calls.map(({ key }) => key)).toEqual(["sk-first", "sk-second"]);
  });
});

describe("a failure after the first word", () => {
  test("ends a stream with its error, and fails a whole answer with its status", async () => {
    const begun = hello.slice(0, 2);
    const { ask } = await start(answers(begun, failed(529)));
    const stream = await ask({ ...only, stream: true });
    expect(stream.status).toBe(200);
    expect(stream.body.toString()).toMatch(/"content":"Hel".*Not now\./s);
    expect(stream.body.toString()).not.toContain("[DONE]");
    const whole = await ask({ ...only, stream: false });
    expect([whole.status, errorOf(whole).message]).toEqual([529, "Not now."]);
  });

  test("a lost connection cuts a stream", async () => {
    const { ask } = await start(answers(hello.slice(0, 2), { kind: "unreachable", message: "x" }));
    expect((await ask({ ...only, stream: true })).body.toString()).toContain("upstream_cut");
  });
});

describe("aborts the call", () => {
  test.each<[string, readonly AnswerEvent[], object, string]>([
    ["that says nothing in time", [], { firstTokenTimeoutMs: 50 }, "upstream_silent"],
    ["that stops speaking", hello.slice(0, 2), { idleTimeoutMs: 50 }, "upstream_stalled"],
  ])("%s", async (_what, events, limits, code) => {
    let isAborted = false;
    const { ask } = await start(
      hangs(events, () => {
        isAborted = true;
      }),
      { config: { upstream: { retries: 0, ...limits } } },
    );
    const answer = await ask({ ...only, stream: true });
    expect(answer.body.toString()).toContain(code);
    await until(() => isAborted);
  });

  test.each([true, false])("whose client leaves (stream: %s)", async (stream) => {
    let isAborted = false;
    const { url, calls } = await start(
      hangs(hello.slice(0, 2), () => {
        isAborted = true;
      }),
    );
    const leaving = new AbortController();
    const asking = open(url, {
      body: { messages, ...only, stream },
      signal: leaving.signal,
    }).catch(() => undefined);
    await until(() => calls.length === 1);
    if (stream) {
      await asking;
    }
    leaving.abort();
    await until(() => isAborted);
  });

  test("whose client reads too slowly, at a bound", async () => {
    let isAborted = false;
    const { url } = await start(async ({ signal, onBegin, onEvents }) => {
      onBegin();
      signal.addEventListener("abort", () => {
        isAborted = true;
      });
      for (let at = 0; at < 1000 && !signal.aborted; at += 1) {
        onEvents([text("x".repeat(65_536))]);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return undefined;
    });
    const slow = await open(url, { body: { messages, ...only, stream: true } });
    await until(() => isAborted);
    slow.abort();
  });
});

test("a client that pauses gets all of it", async () => {
  const piece = "y".repeat(32_768);
  const pieces = 24;
  const { url } = await start(
    answers([
      ...Array.from({ length: pieces }, () => text(piece)),
      { kind: "finish", reason: "stop" },
    ]),
  );
  const answer = await open(url, { body: { messages, ...only, stream: true } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  let received = "";
  for await (const part of answer.stream) {
    received += String(part);
  }
  expect(received.split(piece)).toHaveLength(pieces + 1);
  expect(received).toMatch(/\[DONE\]\n\n$/);
});

test("withholds an answer that repeats the key", async () => {
  const leak = [text("the key is sk-provider-"), text("key!"), hello.at(-1) as AnswerEvent];
  const { ask } = await start(answers(leak));
  for (const stream of [true, false]) {
    const answer = await ask({ ...only, stream });
    expect(answer.body.toString()).not.toContain("sk-provider-key");
  }
  await relay?.close();
  await provider?.close();
  const telling = await start(answers([], failed(400, { message: "sk-provider-key is bad" })));
  expect((await telling.ask(only)).body.toString()).not.toContain("sk-provider-key");
});

describe("which models go by the runtime", () => {
  const anthropic = (more: Partial<FakeHostOptions>) => ({
    ...more,
    route: { api: "anthropic-messages" },
  });

  test("those of a provider with `wire: host`, but not its embeddings", async () => {
    const { url, calls } = await start(answers(hello), {
      config: { upstream: { retries: 0, providers: { b: { wire: "host" } } } },
    });
    await call(url, { body: { messages, model: "b/m2" } });
    expect(calls.map(({ api }) => api)).toEqual(["openai-completions"]);
    const embeddings = await call(url.replace("chat/completions", "embeddings"), {
      body: { model: "b/m2", input: "x" },
    });
    expect(embeddings).toMatchObject({ status: 200 });
    expect(calls).toHaveLength(1);
  });

  test("those with a subscription's key", async () => {
    const { url, calls } = await start(
      answers(hello),
      anthropic({ keys: ["sk-ant-oat01-subscription"] }),
    );
    expect(await call(url, { body: { messages, model: "b/m2" } })).toMatchObject({ status: 200 });
    expect(calls.map(({ key }) => key)).toEqual(["sk-ant-oat01-subscription"]);
  });

  test("none of a provider with `wire: chat`, whose bytes pass", async () => {
    const { url, calls } = await start(answers(hello), {
      ...anthropic({}),
      config: { upstream: { retries: 0, providers: { b: { wire: "chat" } } } },
    });
    expect(await call(url, { body: { messages, model: "b/m2", seed: 1 } })).toMatchObject({
      status: 200,
    });
    expect(calls).toHaveLength(0);
    const [request] = provider?.requests ?? [];
    expect(request).toMatchObject({ path: "/v1/chat/completions", json: { model: "m2", seed: 1 } });
    expect(request?.headers.authorization).toBe("Bearer sk-provider-key");
  });

  test("none that would go past the provider's proxy", async () => {
    const proxy = { kind: "explicit", url: "http://127.0.0.1:9", tls: undefined } as const;
    const { ask, calls } = await start(answers(hello), {
      route: { transport: { tls: undefined, proxy } },
    });
    expect(errorOf(await ask(only))).toMatchObject({
      code: "provider_not_configured",
      message: expect.stringContaining("proxy"),
    });
    expect(calls).toHaveLength(0);
  });
});
