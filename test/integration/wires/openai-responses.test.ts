/** What only the Responses API has, from the client to a scripted provider: its URLs, keys, stored reasoning and losses. */
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { fakeHost, type RelayServer, startRelayServer } from "../../support/relay-server.ts";
import { scriptedAzureResponses, scriptedResponses } from "../../support/wires/openai-responses.ts";
import { play, type Scene } from "../../support/wires/scene.ts";

const user = { role: "user" as const, content: "hi" };
const call = { id: "call_1", name: "weather", arguments: ['{"city":', '"Rome"}'] };

describe.each([
  [scriptedResponses, "/v1/responses", ["Bearer sk-provider-key", undefined]],
  [scriptedAzureResponses, "/v1/responses?api-version=v1", [undefined, "sk-provider-key"]],
] as const)("$api", (wire, path, keys) => {
  let provider: Provider;
  let relay: RelayServer;
  let openai: OpenAI;
  const scene = (of: Scene) => provider.behave("m1", play(wire, of));
  const create = (more: object = {}) =>
    openai.chat.completions.create({ model: "openclaw", messages: [user], ...more });
  const lastBody = () => provider.requests.at(-1)?.json;

  beforeAll(async () => {
    provider = await startProvider();
    const facts = {
      id: "m1",
      maxTokens: undefined,
      isReasoning: true,
      efforts: undefined,
      acceptsSampling: true,
      thinksByEffort: true,
    };
    relay = await startRelayServer(
      fakeHost({
        models: ["a/m1"],
        providers: { a: wire.baseUrl(provider.baseUrl) },
        route: { api: wire.api, facts },
        config: { upstream: { retries: 0 } },
      }),
    );
    openai = new OpenAI({ baseURL: `${relay.url}/v1`, apiKey: "token", maxRetries: 0 });
  });
  beforeEach(() => provider.reset());
  afterAll(async () => {
    await relay.close();
    await provider.close();
  });

  test("asks with the vendor's path and key, and stores nothing", async () => {
    scene({ say: ["hi"] });
    await create();
    expect(provider.requests).toMatchObject([{ path, json: { store: false, stream: true } }]);
    const { authorization, "api-key": apiKey } = provider.requests[0]?.headers ?? {};
    expect([authorization, apiKey]).toEqual(keys);
  });

  test.each([
    ["that a client forgets", false],
    ["that a client repeats", true],
  ])("brings back reasoning %s", async (_what, repeats) => {
    scene({ think: ["hm"], signature: "gAAA", calls: [call] });
    const first = (await create()).choices[0];
    expect(first).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        reasoning_content: "hm",
        reasoning_details: [{ type: "reasoning", encrypted_content: "gAAA" }],
        tool_calls: [{ id: "call_1", function: { name: "weather", arguments: '{"city":"Rome"}' } }],
      },
    });
    const { message } = first ?? {};
    const { tool_calls: calls } = message ?? {};
    const turn = repeats ? message : { role: "assistant", content: null, tool_calls: calls };
    scene({ say: ["sunny"] });
    await create({
      messages: [user, turn, { role: "tool", tool_call_id: "call_1", content: "sun" }],
    });
    expect(lastBody()).toMatchObject({
      include: ["reasoning.encrypted_content"],
      input: [
        { role: "user" },
        { type: "reasoning", id: "rs_01", encrypted_content: "gAAA" },
        { type: "function_call", call_id: "call_1", arguments: '{"city":"Rome"}' },
        { type: "function_call_output", call_id: "call_1", output: "sun" },
      ],
    });
  });

  test("names what the API does not have", async () => {
    scene({ say: ["hi"] });
    const { response } = await openai.chat.completions
      .create({ model: "openclaw", messages: [user], seed: 1, stop: "x", max_tokens: 5 })
      .withResponse();
    expect(response.headers.get("x-openclaw-dropped-params")?.split(/, */).toSorted()).toEqual([
      "max_tokens",
      "seed",
      "stop",
    ]);
  });

  test("streams interleaved calls and a refusal", async () => {
    const calls = [call, { id: "call_2", name: "time", arguments: [] }];
    scene({ refuse: "no", calls, isInterleaved: true });
    const stream = openai.chat.completions.stream({ model: "openclaw", messages: [user] });
    expect((await stream.finalChatCompletion()).choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        refusal: "no",
        tool_calls: [
          { id: "call_1", function: { arguments: '{"city":"Rome"}' } },
          { id: "call_2", function: { arguments: "{}" } },
        ],
      },
    });
  });

  test.each([
    ["a failed request", { fail: { status: 429, message: "Slow down.", retryAfterSeconds: 7 } }],
    ["a failed response", { failWithin: { when: "before", status: 429, message: "Slow down." } }],
  ] as const)("answers %s with its status", async (_what, of) => {
    scene(of);
    await expect(create()).rejects.toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      message: expect.stringContaining("Slow down."),
    });
  });

  test("tells that a conversation is too long", async () => {
    scene({ fail: { status: 400, message: "", isContextLength: true } });
    await expect(create()).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
  });

  test("is the same however its bytes are split", async () => {
    scene({
      think: ["h", "m"],
      say: ["Hé", "llo"],
      calls: [call],
      delivery: { pieceBytes: 5, crlf: true, pings: true },
    });
    expect((await create()).choices[0]).toMatchObject({
      message: {
        content: "Héllo",
        reasoning_content: "hm",
        tool_calls: [{ function: { arguments: '{"city":"Rome"}' } }],
      },
    });
  });

  test("an answer that is cut is no answer", async () => {
    scene({ say: ["a", "b"], cutAfter: 6 });
    await expect(create()).rejects.toMatchObject({ status: 502 });
    scene({ say: ["a", "b"], failWithin: { when: "after", status: 500, message: "Sorry." } });
    const stream = openai.chat.completions.stream({ model: "openclaw", messages: [user] });
    await expect(stream.finalChatCompletion()).rejects.toThrow("Sorry.");
  });
});
