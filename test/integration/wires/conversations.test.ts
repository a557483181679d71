/** One conversation suite for every wire, with the unmodified `openai` client. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { call, open, until } from "../../support/client.ts";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { play, type Scene, type ScriptedWire } from "../../support/wires/scene.ts";
import { scriptedWires } from "../../support/wires/wires.ts";

const user = (content: string) => ({ role: "user" as const, content });

const weather = {
  type: "function" as const,
  function: {
    name: "weather",
    description: "The weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

const callOf = (id: string, city: string) => ({
  id,
  name: "weather",
  arguments: ['{"ci', `ty":"${city}"}`],
});

/** The model of the route can reason, by a number of tokens. */
const facts = {
  id: "m1",
  maxTokens: 8192,
  isReasoning: true,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: false,
};

describe.each(scriptedWires.map((wire) => [wire.api, wire] as const))("%s", (_api, wire) => {
  let provider: Provider;
  let relay: RelayServer;
  let openai: OpenAI;
  const scene = (of: Scene) => provider.behave("m1", play(wire, of));

  beforeAll(async () => {
    provider = await startProvider();
    relay = await startRelayServer(hostOf(wire, provider));
    openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
  });
  beforeEach(() => provider.reset());
  afterAll(async () => {
    await relay.close();
    await provider.close();
  });

  type Ask = Partial<OpenAI.Chat.ChatCompletionCreateParams> & Record<string, unknown>;

  const whole = async (more: Ask = {}) => {
    const answer = await openai.chat.completions.create({
      model: "openclaw",
      messages: [user("hi")],
      ...more,
      stream: false,
    });
    const [choice] = answer.choices;
    return {
      ...said(choice?.message),
      finish: choice?.finish_reason,
      usage: answer.usage,
      calls: (choice?.message.tool_calls ?? []) as readonly WholeCall[],
    };
  };

  /** Joins the chunks as a client does. */
  const streamed = async (more: Ask = {}) => {
    const stream = await openai.chat.completions.create({
      model: "openclaw",
      messages: [user("hi")],
      stream_options: { include_usage: true },
      ...more,
      stream: true,
    });
    const message: Said = {};
    const calls: WholeCall[] = [];
    let finish: string | null | undefined;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
      const [choice] = chunk.choices;
      finish = choice?.finish_reason ?? finish;
      const delta = (choice?.delta ?? {}) as Said & { readonly tool_calls?: readonly DeltaCall[] };
      for (const name of ["content", "reasoning_content", "refusal"] as const) {
        if (typeof delta[name] === "string") {
          message[name] = (message[name] ?? "") + delta[name];
        }
      }
      for (const { index, ...part } of delta.tool_calls ?? []) {
        const known = (calls[index] ??= { id: "", function: { name: "", arguments: "" } });
        known.id += part.id ?? "";
        known.function.name += part.function?.name ?? "";
        known.function.arguments += part.function?.arguments ?? "";
      }
    }
    return { ...said(message), finish, usage, calls };
  };

  const both = async (more: Ask = {}) => [await whole(more), await streamed(more)] as const;

  test("answers with text and counts", async () => {
    scene({ say: ["Hel", "lo"], usage: { input: 30, output: 5, cacheRead: 10 } });
    for (const answer of await both()) {
      expect(answer).toMatchObject({ content: "Hello", finish: "stop", calls: [] });
      expect(answer.usage).toMatchObject({
        prompt_tokens: 30,
        completion_tokens: 5,
        total_tokens: 35,
        ...(wire.has("cache") && { prompt_tokens_details: { cached_tokens: 10 } }),
      });
    }
  });

  test("counts what is written to the cache, and what is reasoned, where the wire says it", async () => {
    scene({ say: ["hi"], usage: { input: 30, output: 25, cacheWrite: 7, reasoning: 20 } });
    for (const { usage } of await both()) {
      expect(usage).toMatchObject({
        prompt_tokens: 30,
        completion_tokens: 25,
        ...(wire.has("cache writes") && { prompt_tokens_details: { cache_creation_tokens: 7 } }),
        ...(wire.has("reasoning tokens") && {
          completion_tokens_details: { reasoning_tokens: 20 },
        }),
      });
    }
  });

  test("reasoning comes apart from the text", async () => {
    scene({ think: ["Let me ", "see."], say: ["42"] });
    for (const answer of await both({ reasoning_effort: "low" })) {
      expect(answer).toMatchObject({ reasoning: "Let me see.", content: "42", finish: "stop" });
    }
  });

  test.each([false, true])("parallel calls, interleaved: %s", async (isInterleaved) => {
    scene({ calls: [callOf("call_a", "Rome"), callOf("call_b", "Oslo")], isInterleaved });
    for (const { calls, finish } of await both({ tools: [weather] })) {
      expect(finish).toBe("tool_calls");
      expect(calls.map(({ function: { name } }) => name)).toEqual(["weather", "weather"]);
      expect(calls.map((one) => JSON.parse(one.function.arguments))).toEqual([
        { city: "Rome" },
        { city: "Oslo" },
      ]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      expect(calls.every(({ id }) => id !== "")).toBe(true);
    }
  });

  test("a call without arguments has an empty object", async () => {
    scene({ calls: [{ id: "call_a", name: "now", arguments: [] }] });
    for (const { calls } of await both({ tools: [weather] })) {
      expect(calls.map((one) => one.function.arguments)).toEqual(["{}"]);
    }
  });

  test("two tool rounds, whose client drops what it does not know, keep the provider's state", async () => {
    scene({ think: ["Hm."], signature: "c2lnbmF0dXJl", calls: [callOf("call_a", "Rome")] });
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [user("weather?")];
    for (const round of [1, 2]) {
      const { calls } = await streamed({ messages, tools: [weather] });
      messages.push({
        role: "assistant",
        tool_calls: calls.map((one) => ({ ...one, type: "function" as const })),
      });
      for (const { id } of calls) {
        messages.push({ role: "tool", tool_call_id: id, content: `round ${round}: sunny` });
      }
    }
    scene({ say: ["Sunny."] });
    expect(await whole({ messages, tools: [weather] })).toMatchObject({ content: "Sunny." });
    const sent = provider.requests.at(-1)?.body.toString() ?? "";
    expect(sent).toContain("round 1: sunny");
    expect(sent).toContain("round 2: sunny");
    expect(sent).toContain(wire.has("opaque state") ? "c2lnbmF0dXJl" : "");
  });

  test.runIf(wire.has("opaque state"))("the client's own copy of it is used", async () => {
    scene({ think: ["Hm."], signature: "Y29weQ==", calls: [callOf("call_c", "Rome")] });
    const answer = await openai.chat.completions.create({
      model: "openclaw",
      messages: [user("weather?")],
      tools: [weather],
    });
    const [choice] = answer.choices;
    const message = choice?.message as OpenAI.Chat.ChatCompletionMessageParam;
    // An id that is not remembered: only the copy has the state.
    const copied = JSON.parse(JSON.stringify(message).replaceAll(/"id":"[^"]*"/g, '"id":"call_x"'));
    scene({ say: ["Sunny."] });
    await whole({
      messages: [
        user("weather?"),
        copied,
        { role: "tool", tool_call_id: "call_x", content: "sunny" },
      ],
    });
    expect(provider.requests.at(-1)?.body.toString()).toContain("Y29weQ==");
    // The mark of its owner is the relay's, not the provider's.
    expect(provider.requests.at(-1)?.body.toString()).not.toContain("openclaw_provider");
  });

  test.runIf(wire.has("opaque state"))("another provider's copy of it is not used", async () => {
    scene({ think: ["Hm."], signature: "Zm9yZWlnbg==", calls: [callOf("call_f", "Rome")] });
    const answer = await openai.chat.completions.create({
      model: "openclaw",
      messages: [user("weather?")],
      tools: [weather],
    });
    const message = JSON.stringify(answer.choices[0]?.message);
    expect(message).toContain('"openclaw_provider":"a"');
    const foreign = message
      .replaceAll('"openclaw_provider":"a"', '"openclaw_provider":"z"')
      .replaceAll(/"id":"[^"]*"/g, '"id":"call_z"');
    scene({ say: ["Sunny."] });
    await whole({
      messages: [
        user("weather?"),
        JSON.parse(foreign),
        { role: "tool", tool_call_id: "call_z", content: "sunny" },
      ],
    });
    expect(provider.requests.at(-1)?.body.toString()).not.toContain("Zm9yZWlnbg==");
  });

  test("an answer that is cut by its length says so", async () => {
    scene({ say: ["too lo"], finish: "length" });
    for (const answer of await both({ max_completion_tokens: 20 })) {
      expect(answer).toMatchObject({ content: "too lo", finish: "length" });
    }
  });

  test.runIf(wire.has("refusals"))("a refused answer says so", async () => {
    scene({ say: ["I "], finish: "refusal" });
    for (const { finish } of await both()) {
      expect(finish).toBe("content_filter");
    }
  });

  test.each([
    [413, 413],
    [429, 429],
    [500, 500],
    [529, 529],
  ])("a provider's %s reaches the client as %s, in OpenAI's words", async (status, seen) => {
    scene({ fail: { status, message: "no luck today" } });
    for (const stream of [false, true]) {
      const error = await failure({ stream });
      expect(error.status).toBe(seen);
      expect(error.message).toContain("no luck today");
    }
  });

  test("how long to wait reaches the client", async () => {
    scene({ fail: { status: 429, message: "slow down", retryAfterSeconds: 7 } });
    expect(retryAfterSeconds((await failure()).headers)).toBe(7);
  });

  test("a refused key is the gateway's problem, not the client's", async () => {
    scene({ fail: { status: 401, message: "no such key" } });
    // In a relay of its own: a refused key is not used again for a while.
    const other = await startRelayServer(hostOf(wire, provider));
    onTestFinished(other.close);
    const { status, body } = await call(`${other.url}/v1/chat/completions`, {
      body: { model: "openclaw", messages: [user("hi")] },
    });
    expect(status).toBe(502);
    expect(body.toString()).toContain("no such key");
  });

  test("a conversation that is too long has OpenAI's code", async () => {
    scene({ fail: { status: 400, message: "too long", isContextLength: true } });
    expect(await failure()).toMatchObject({ status: 400, code: "context_length_exceeded" });
  });

  test("an error within the stream is a status before the first word, and an event after it", async () => {
    scene({ failWithin: { when: "before", status: 529, message: "Overloaded" } });
    for (const stream of [false, true]) {
      expect((await failure({ stream })).status).toBe(wire.has("statuses within") ? 529 : 502);
    }
    scene({
      say: ["Hel", "lo"],
      failWithin: { when: "after", status: 529, message: "Overloaded" },
    });
    const answer = await chat({ stream: true });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.text).toContain("Hel");
    expect(answer.text).toMatch(/data: \{"error":\{"message":"[^"]*Overloaded/);
    expect(answer.text).not.toContain("[DONE]");
    expect((await failure({ stream: false })).status).toBeGreaterThanOrEqual(500);
  });

  test("a stream without an end is an error", async () => {
    scene({ say: ["Hel", "lo"], cutAfter: wire.eventsBeforeCut });
    const answer = await chat({ stream: true });
    expect(answer.text).toContain("upstream_cut");
    expect((await failure({ stream: false })).status).toBe(502);
  });

  test("a stream that stalls is an error", async () => {
    scene({ say: ["Hel", "lo"], stallAfter: wire.eventsBeforeCut });
    expect((await chat({ stream: true })).text).toContain("upstream_stalled");
  });

  test.each([
    ["one byte at a time", { pieceBytes: 1 }],
    ["with CRLF", { crlf: true }],
    ["with pings", { pings: true }],
    ["in pieces with CRLF and pings", { pieceBytes: 3, crlf: true, pings: true }],
  ])("the same answer arrives %s", async (_how, delivery) => {
    const of: Scene = {
      think: ["Hm ü."],
      say: ["Hel", "lo 🎉"],
      calls: [callOf("call_a", "Rome")],
      usage: { input: 3, output: 2 },
    };
    scene(of);
    const plain = await streamed({ tools: [weather] });
    scene({ ...of, delivery });
    const split = await streamed({ tools: [weather] });
    expect(withoutIds(split)).toEqual(withoutIds(plain));
    expect(split.content).toBe("Hello 🎉");
  });

  test("what the wire cannot say is named", async () => {
    scene({ say: ["hi"] });
    const { headers } = await chat({ logit_bias: { "50256": -100 }, made_up: 1, n: 1 });
    expect(headers["x-openclaw-dropped-params"]).toBe("logit_bias, made_up");
  });

  test("the personality of light mode reaches the provider, and a session its history", async () => {
    scene({ say: ["I am Ada."] });
    const headers = {
      "x-openclaw-light-context": "true",
      "x-openclaw-session": `s-${wire.api}`,
    };
    await chat({ stream: true }, headers);
    await chat({ stream: true, messages: [user("and now?")] }, headers);
    const sent = provider.requests.at(-1)?.body.toString() ?? "";
    expect(sent).toContain("You are Ada.");
    expect(sent).toContain("I am Ada.");
    expect(sent).toContain("and now?");
  });

  test("a client that leaves closes the provider's connection", async () => {
    scene({ say: ["Hel", "lo"], stallAfter: wire.eventsBeforeCut });
    const { abort, stream } = await open(`${relay.url}/v1/chat/completions`, {
      body: { model: "openclaw", messages: [user("hi")], stream: true },
    });
    await new Promise((resolve) => stream.once("data", resolve));
    abort();
    await until(() => provider.requests.at(-1)?.abortedAtMs !== undefined);
  });

  async function chat(more: object = {}, headers: Record<string, string> = {}) {
    const answer = await call(`${relay.url}/v1/chat/completions`, {
      headers,
      body: { model: "openclaw", messages: [user("hi")], ...more },
    });
    return { ...answer, text: answer.body.toString() };
  }

  async function failure(more: { readonly stream?: boolean } = {}): Promise<APIError> {
    const error: unknown = await openai.chat.completions
      .create({ model: "openclaw", messages: [user("hi")], ...more })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(APIError);
    return error as APIError;
  }
});

interface WholeCall {
  id: string;
  readonly function: { name: string; arguments: string };
}

interface DeltaCall {
  readonly index: number;
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface Said {
  content?: string | null;
  reasoning_content?: string;
  refusal?: string | null;
}

function said({ content, reasoning_content: reasoning, refusal }: Said = {}) {
  return { content: content ?? "", reasoning, refusal: refusal ?? undefined };
}

/** Some wires have no ids for calls, so the relay makes them. */
function withoutIds<T extends { readonly calls: readonly WholeCall[] }>(answer: T) {
  return { ...answer, calls: answer.calls.map((one) => one.function) };
}

function retryAfterSeconds(headers: Headers | undefined): number {
  const milliseconds = headers?.get("retry-after-ms");
  return milliseconds ? Number(milliseconds) / 1000 : Number(headers?.get("retry-after"));
}

const workspace = mkdtempSync(join(tmpdir(), "wires-"));
writeFileSync(join(workspace, "SOUL.md"), "You are Ada.\n");
afterAll(() => rmSync(workspace, { recursive: true }));

/** The agent's one model is `a/m1`, which speaks the wire. */
function hostOf(wire: ScriptedWire, provider: Provider) {
  return fakeHost({
    models: ["a/m1"],
    providers: { a: wire.baseUrl(provider.baseUrl) },
    apis: { a: wire.api },
    route: { facts },
    workspace,
    config: {
      upstream: {
        retries: 0,
        breaker: { failures: 1000 },
        idleTimeoutMs: 1000,
        firstTokenTimeoutMs: 2000,
      },
    },
  });
}
