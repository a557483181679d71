/** Models that the host's own runtime calls, in a real gateway. */
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { until } from "../support/client.ts";
import { diskGrowth, measureDisk, restingDisk } from "../support/disk.ts";
import { gatewayToken, isHostAtLeast } from "../support/gateway.ts";
import { json } from "../support/provider.ts";
import { scriptedAnthropic } from "../support/wires/anthropic-messages.ts";
import { play, type Scene } from "../support/wires/scene.ts";
import { messages, openaiClient, entries, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const allowed = [
  "local",
  "hosted",
  "plain",
  "subscribed",
  "unheard",
  "chatty",
  "closed",
  "refusing",
];

const fixture = useGateway({
  config: (provider) => {
    const anthropic = {
      baseUrl: scriptedAnthropic.baseUrl(provider.baseUrl),
      api: "anthropic-messages",
      models: [model("claude", { input: ["text", "image"] })],
    };
    return {
      models: {
        providers: {
          hosted: { ...anthropic, apiKey: "sk-hosted-key" },
          subscribed: { ...anthropic, apiKey: "sk-ant-oat01-subscription" },
          refusing: { ...anthropic, apiKey: "sk-refused-key" },
          chatty: { ...anthropic, apiKey: "sk-chatty-key" },
          closed: { ...anthropic, apiKey: "sk-closed-key", baseUrl: "http://127.0.0.1:9" },
          // Ollama's plugin is bound to the provider `ollama`: nobody can call another one that has its API.
          unheard: {
            baseUrl: provider.baseUrl,
            api: "bedrock-converse-stream",
            apiKey: "sk-unheard",
            models: [model("m")],
          },
        },
      },
      agents: {
        defaults: {
          models: Object.fromEntries(allowed.map((id) => [`${id}/*`, {}])),
        },
        list: [
          { id: "main", default: true },
          {
            id: "chain",
            model: { primary: "hosted/claude", fallbacks: ["local/m1"] },
          },
          { id: "voice", model: "hosted/claude" },
          {
            id: "refused",
            model: { primary: "refusing/claude", fallbacks: ["local/m1"] },
          },
          {
            id: "unknown",
            model: { primary: "unheard/m", fallbacks: ["local/m1"] },
          },
          {
            id: "unreached",
            model: { primary: "closed/claude", fallbacks: ["local/m1"] },
          },
        ],
      },
      plugins: {
        entries: {
          passthrough: {
            config: {
              agents: { voice: { mode: "light", http: { systemPrompt: "You are Ada." } } },
              upstream: {
                retries: 0,
                breaker: { failures: 1000 },
                providers: {
                  hosted: { wire: "host" },
                  refusing: { wire: "host" },
                  closed: { wire: "host" },
                  chatty: { wire: "chat" },
                },
              },
            },
          },
        },
      },
    };
  },
});

const scene = (of: Scene) => fixture.provider.behave("claude", play(scriptedAnthropic, of));
const openai = (entry: (typeof entries)[number] = entries[0]) =>
  openaiClient(fixture.through(entry));
const hosted = {
  model: "hosted/claude",
  messages: messages as OpenAI.ChatCompletionMessageParam[],
};
const ask = (more: object = {}, headers: Record<string, string> = {}) =>
  fixture.call("/v1/chat/completions", { ...hosted, ...more }, headers);
const bodyOf = (answer: { readonly body: Buffer }) => JSON.parse(answer.body.toString());

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "weather",
      description: "Tells the weather.",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  },
];

describe.each(entries)("through $name", (entry) => {
  test("answers with text and counts, as a stream and whole", async () => {
    scene({ say: ["Hel", "lo"], usage: { input: 30, output: 5, cacheRead: 10, cacheWrite: 7 } });
    const whole = await openai(entry).chat.completions.create({ ...hosted, max_tokens: 100 });
    const streamed = await openai(entry)
      .chat.completions.stream({ ...hosted, stream_options: { include_usage: true } })
      .finalChatCompletion();
    for (const answer of [whole, streamed]) {
      expect(answer.choices[0]).toMatchObject({
        message: { role: "assistant", content: "Hello" },
        finish_reason: "stop",
      });
      expect(answer.usage).toMatchObject({
        prompt_tokens: 30,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 10, cache_creation_tokens: 7 },
      });
    }
    const [request] = fixture.provider.requests;
    expect(request?.path).toBe("/v1/messages");
    expect(request?.headers["x-api-key"]).toBe("sk-hosted-key");
    expect(request?.json).toMatchObject({ max_tokens: 100 });
    expect(request?.body.toString()).not.toContain("cache_control");
  });
});

test("calls tools, and sends their results back in a second round", async () => {
  scene({
    say: ["Let me see."],
    calls: [
      { id: "toolu_1", name: "weather", arguments: ['{"city":', '"Ulm"}'] },
      { id: "toolu_2", name: "weather", arguments: [] },
    ],
  });
  const { choices } = await openai()
    .chat.completions.stream({ ...hosted, tools, tool_choice: "required" })
    .finalChatCompletion();
  expect(choices[0]).toMatchObject({
    finish_reason: "tool_calls",
    message: {
      content: "Let me see.",
      tool_calls: [
        { id: "toolu_1", function: { name: "weather", arguments: '{"city":"Ulm"}' } },
        { id: "toolu_2", function: { name: "weather", arguments: "{}" } },
      ],
    },
  });
  expect(fixture.provider.requests[0]?.json).toMatchObject({ tool_choice: { type: "any" } });
  scene({ say: ["Sunny."] });
  const message = choices[0]?.message as OpenAI.ChatCompletionMessageParam;
  const result = (tool_call_id: string) => ({
    role: "tool" as const,
    tool_call_id,
    content: "sun",
  });
  const second = await openai().chat.completions.create({
    ...hosted,
    tools,
    messages: [...hosted.messages, message, result("toolu_1"), result("toolu_2")],
  });
  expect(second.choices[0]?.message.content).toBe("Sunny.");
  expect(fixture.provider.requests[1]?.json).toMatchObject({
    messages: [
      { role: "user" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me see." },
          { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Ulm" } },
          { type: "tool_use", id: "toolu_2", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1" },
          { type: "tool_result", tool_use_id: "toolu_2" },
        ],
      },
    ],
  });
});

test("serves light mode: the agent's prompt, and a session", async () => {
  const session = { "x-openclaw-session-key": "agent:voice:call-1" };
  scene({ say: ["Ada."] });
  const answer = await ask({ model: "openclaw/voice", messages }, session);
  expect(bodyOf(answer).choices[0].message.content).toBe("Ada.");
  await ask({ model: "openclaw/voice", messages: [{ role: "user", content: "bye" }] }, session);
  expect(fixture.provider.requests[1]?.json).toMatchObject({
    system: [{ type: "text", text: "You are Ada." }],
    messages: [
      { role: "user", content: "say hi" },
      { role: "assistant", content: [{ type: "text", text: "Ada." }] },
      { role: "user", content: "bye" },
    ],
  });
});

test("names what the runtime loses, and refuses what it would repair", async () => {
  scene({ say: ["ok"] });
  const answer = await ask({ seed: 1, top_p: 0.5, temperature: 0.5, stop: ["X"], user: "u" });
  expect(answer.headers["x-openclaw-dropped-params"]).toBe("seed, top_p");
  expect(fixture.provider.requests[0]?.json).toMatchObject({
    temperature: 0.5,
    stop_sequences: ["X"],
    metadata: { user_id: "u" },
  });
  const refused = await ask({
    messages: [...messages, { role: "tool", tool_call_id: "nobody", content: "?" }],
  });
  expect([refused.status, bodyOf(refused).error]).toMatchObject([
    400,
    { code: "unsupported_params", param: "messages[1]" },
  ]);
  expect(fixture.provider.requests).toHaveLength(1);
});

test.each([
  [429, 429, "rate_limit_error"],
  [529, 529, "overloaded_error"],
  [400, 400, "invalid_request_error"],
  [403, 403, "permission_error"],
  [413, 413, "request_too_large"],
])("passes a %i on as %i", async (status, seen, word) => {
  scene({ fail: { status, message: "Not now.", retryAfterSeconds: 7 } });
  for (const stream of [true, false]) {
    const answer = await ask({ stream });
    expect([answer.status, answer.body.toString()]).toEqual([seen, expect.stringContaining(word)]);
    expect(answer.body.toString()).toContain("Not now.");
  }
});

test("a provider's Retry-After reaches the client", async () => {
  scene({ fail: { status: 429, message: "Slow down.", retryAfterSeconds: 7 } });
  const answer = await ask();
  const wait = answer.headers["retry-after"] ?? answer.headers["retry-after-ms"] ?? "";
  // Older runtimes do not tell it.
  expect(wait).toMatch(isHostAtLeast("2026.9.6") ? /^7/ : /^$/);
  expect(fixture.provider.requests).toHaveLength(1);
});

test("a conversation that is too long has the code that clients know", async () => {
  scene({ fail: { status: 400, message: "", isContextLength: true } });
  expect(bodyOf(await ask()).error.code).toBe("context_length_exceeded");
});

test("a provider that repeats the key is not quoted", async () => {
  for (const status of [400, 429, 500]) {
    scene({ fail: { status, message: "The key sk-hosted-key is bad." } });
    const answer = await ask();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.toString()).not.toContain("sk-hosted-key");
  }
  scene({ say: ["Your key is sk-hosted-key."] });
  expect((await ask()).body.toString()).not.toContain("sk-hosted-key");
});

test.each<[string, Scene]>([
  ["429", { fail: { status: 429, message: "Slow down." } }],
  ["529", { fail: { status: 529, message: "Overloaded." } }],
  [
    "an error event before the first word",
    { failWithin: { when: "before", status: 529, message: "No." } },
  ],
  ["a cut before the first word", { say: ["Hello"], cutAfter: 1 }],
])("falls back to a chat provider after %s", async (_what, of) => {
  scene(of);
  for (const stream of [true, false]) {
    const answer = await ask({ model: "openclaw/chain", stream });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.headers["x-openclaw-model"]).toBe("m1");
    expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
      /^hosted\/claude upstream_\w+ .*local\/m1 ok/,
    );
  }
});

test("a 401 disqualifies the key, is told as the gateway's fault, and is passed over", async () => {
  scene({ fail: { status: 401, message: "The key sk-refused-key is bad." } });
  const answer = await ask({ model: "refusing/claude" });
  expect([answer.status, bodyOf(answer).error.code]).toEqual([502, "upstream_unauthorized"]);
  expect(answer.body.toString()).not.toContain("sk-refused");
  const chained = await ask({ model: "openclaw/refused" });
  expect(chained.headers["x-openclaw-attempt-log"]).toMatch(
    /^refusing\/claude credential_refused .*local\/m1 ok/,
  );
  expect(fixture.provider.requests).toHaveLength(2);
});

test("an error after the first word ends the stream with an error", async () => {
  scene({ say: ["Hel", "lo"], failWithin: { when: "after", status: 529, message: "Overloaded." } });
  const answer = await ask({ stream: true });
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toContain("Overloaded.");
  expect(answer.body.toString()).not.toContain("[DONE]");
});

test("a provider that cannot be reached is passed over", async () => {
  const answer = await ask({ model: "openclaw/unreached" });
  expect(answer.headers["x-openclaw-attempt-log"]).toMatch(
    /^closed\/claude upstream_unreachable .*local\/m1 ok/,
  );
  expect((await ask({ model: "closed/claude" })).body.toString()).toContain("upstream_unreachable");
});

test("an API that nobody can call is 501 by name, and passed over", async () => {
  const answer = await ask({ model: "unheard/m" });
  expect([answer.status, bodyOf(answer).error]).toMatchObject([
    501,
    { code: "api_not_supported", message: expect.stringContaining("bedrock-converse-stream") },
  ]);
  const chained = await ask({ model: "openclaw/unknown" });
  expect(chained.headers["x-openclaw-attempt-log"]).toMatch(
    /^unheard\/m api_not_supported .*local\/m1 ok/,
  );
});

test("a client that leaves closes the provider's connection", async () => {
  scene({ say: ["Hel", "lo"], stallAfter: 3 });
  const controller = new AbortController();
  const response = await fetch(`${fixture.gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${gatewayToken}`, "content-type": "application/json" },
    body: JSON.stringify({ ...hosted, stream: true }),
    signal: controller.signal,
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  const leftAtMs = performance.now();
  controller.abort();
  await until(() => fixture.provider.requests[0]?.abortedAtMs !== undefined);
  expect((fixture.provider.requests[0]?.abortedAtMs ?? Infinity) - leftAtMs).toBeLessThan(1000);
});

test("a key of a subscription goes by the host, which identifies itself", async () => {
  scene({ say: ["Hello"] });
  expect(await ask({ model: "subscribed/claude" })).toMatchObject({ status: 200 });
  const headers = fixture.provider.requests[0]?.headers;
  expect(headers?.authorization).toBe("Bearer sk-ant-oat01-subscription");
  expect(headers?.["user-agent"]).toContain("claude-cli");
});

test("`chat` relays the bytes to the vendor's compatible endpoint", async () => {
  fixture.provider.behave("claude", json({ id: "x" }));
  const answer = await ask({ model: "chatty/claude", seed: 1 });
  expect([answer.status, bodyOf(answer)]).toEqual([200, { id: "x" }]);
  const [request] = fixture.provider.requests;
  expect(request?.path).toBe("/v1/chat/completions");
  expect(request?.headers.authorization).toBe("Bearer sk-chatty-key");
  expect(request?.json).toMatchObject({ model: "claude", seed: 1 });
});

test("many calls at once are answered each with its own", async () => {
  fixture.provider.behave("claude", async (exchange) => {
    const { messages: said } = exchange.request.json as { messages?: { content: unknown }[] };
    await play(scriptedAnthropic, { say: [JSON.stringify(said?.at(-1)?.content)] })(exchange);
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      ask({ messages: [{ role: "user", content: `number ${at}.` }], stream: at % 2 === 0 }),
    ),
  );
  answers.forEach((answer, at) => {
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain(`number ${at}.`);
  });
});

test("adds no row and no file", async () => {
  const turns = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      scene(at % 2 === 0 ? { say: ["Hello"] } : { fail: { status: 500, message: "No." } });
      await ask({ stream: at % 3 === 0 });
    }
  };
  const growth = async () => {
    const before = await restingDisk(fixture.gateway.folder);
    await turns(50);
    const { tables, files } = diskGrowth(before, await measureDisk(fixture.gateway.folder));
    return { tables, files: Object.keys(files).filter((name) => name !== "gateway.log") };
  };
  await turns(10);
  let grown = await growth();
  // The host writes something of its own now and then. What a call wrote, each round would add.
  for (let round = 0; round < 2 && grown.files.length > 0; round += 1) {
    grown = await growth();
  }
  expect(grown).toEqual({ tables: {}, files: [] });
});

test("the gateway prints no key", () => {
  expect(fixture.gateway.output()).not.toMatch(
    /sk-hosted|sk-ant-oat|sk-closed|sk-chatty|sk-refused/,
  );
});
