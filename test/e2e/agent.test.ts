/**
 * Agent mode compared with core's own endpoint. The same requests go to core in one gateway and to the plugin in another, with
 * the same provider behaviour behind both. The answers and the model requests differ only in ids and times.
 */
import { describe, expect, test } from "vitest";
import type { Answer } from "../support/client.ts";
import { type Behaviour, chunk, event, json, type Provider, stream } from "../support/provider.ts";
import { entries, type Entry, openaiClient, useGateway } from "./fixture.ts";
import { model } from "./relay-config.ts";

const image =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/** The host avoids a failing provider for a while, so each failure has its own provider. */
const failures: Readonly<Record<string, Behaviour>> = {
  400: json({ error: { message: "bad field", type: "invalid_request_error" } }, 400),
  401: json({ error: { message: "no such key", type: "invalid_request_error" } }, 401),
  402: json({ error: { message: "insufficient credits" } }, 402),
  404: json({ error: { message: "The model does not exist", code: "model_not_found" } }, 404),
};
const failingModels = Object.keys(failures).map((status) => `f${status}`);
const shared = (provider: Provider) => ({
  models: {
    providers: {
      local: { models: [model("m1", { input: ["text", "image"] })] },
      ...Object.fromEntries(
        failingModels.map((id) => [
          id,
          {
            baseUrl: provider.baseUrl,
            apiKey: `sk-${id}`,
            api: "openai-completions",
            models: [model(id)],
          },
        ]),
      ),
    },
  },
  agents: {
    defaults: { model: { primary: "local/m1", fallbacks: [] } },
    ownership: "explicit",
    entries: {
      main: {},
      ...Object.fromEntries(failingModels.map((id) => [id, { model: `${id}/${id}` }])),
    },
  },
});
const core = useGateway({
  config: (provider) => ({
    ...shared(provider),
    gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  }),
});
const ours = useGateway({
  config: (provider) => ({
    ...shared(provider),
    plugins: { entries: { passthrough: { config: { mode: "agent" } } } },
  }),
});

const usage = { prompt_tokens: 120, completion_tokens: 7, total_tokens: 127 };
const usageEvent = event({ ...chunk({}), choices: [], usage });
const words = (...list: string[]) =>
  stream({
    pieces: [
      ...list.map((content) => event(chunk({ content }))),
      event(chunk({}, "stop")),
      usageEvent,
      event("[DONE]"),
    ],
  });
const callOf = (name: string, args: string) =>
  stream({
    pieces: [
      event(
        chunk({
          tool_calls: [
            { index: 0, id: "call_1", type: "function", function: { name, arguments: args } },
          ],
        }),
      ),
      event(chunk({}, "tool_calls")),
      usageEvent,
      event("[DONE]"),
    ],
  });
const cutShort = stream({
  pieces: [
    event(chunk({ content: "As far as" })),
    event(chunk({}, "length")),
    usageEvent,
    event("[DONE]"),
  ],
});

const user = (content: unknown) => ({ role: "user", content });
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};

interface Case {
  readonly name: string;
  /** Whether it is compared through every entry, and not only through the gateway's `/v1`. */
  readonly everywhere?: true;
  readonly body: object;
  readonly provider?: Behaviour;
}

const asked = [user("say hi")];
const good: readonly Case[] = [
  { name: "one message", body: { model: "agent:main", messages: asked } },
  {
    name: "a conversation with instructions",
    everywhere: true,
    body: {
      model: "openclaw/main",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be kind." }] },
        user("My name is Ada."),
        { role: "assistant", content: "Hello, Ada." },
        user([
          { type: "text", text: "Who" },
          { type: "input_text", text: "am I?" },
        ]),
      ],
    },
  },
  {
    name: "an image",
    everywhere: true,
    body: {
      model: "openclaw/main",
      messages: [
        user([
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: image } },
        ]),
      ],
    },
  },
  {
    name: "an image without text",
    body: { model: "openclaw/main", messages: [user([{ type: "image_url", image_url: image }])] },
  },
  {
    name: "a call to a client tool",
    everywhere: true,
    body: { model: "openclaw/main", messages: asked, tools: [weather] },
    provider: callOf("get_weather", '{"city":"Oslo"}'),
  },
  {
    name: "long tool arguments with surrogate pairs",
    body: { model: "openclaw/main", messages: asked, tools: [weather], tool_choice: "required" },
    provider: callOf("get_weather", JSON.stringify({ city: "🌍".repeat(400) })),
  },
  {
    name: "a required tool that is called",
    body: {
      model: "openclaw/main",
      messages: asked,
      tools: [weather, { type: "function", function: { name: "other" } }],
      tool_choice: { type: "function", function: { name: "get_weather" } },
    },
    provider: callOf("get_weather", "{}"),
  },
  {
    name: "a required tool that is not called",
    body: { model: "openclaw/main", messages: asked, tools: [weather], tool_choice: "required" },
  },
  {
    name: "tools with tool_choice none",
    body: { model: "openclaw/main", messages: asked, tools: [weather], tool_choice: "none" },
  },
  {
    name: "a tool result",
    body: {
      model: "openclaw/main",
      messages: [
        user("Weather in Oslo?"),
        {
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: "call_1",
              type: "function",
              function: { name: "get_weather", arguments: '{"city":"Oslo"}' },
            },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "4 degrees" },
      ],
      tools: [weather],
    },
  },
  {
    name: "an empty tool result and a legacy function message",
    body: {
      model: "openclaw/main",
      messages: [
        user("Do it."),
        { role: "function", name: "did", content: null },
        { role: "tool", tool_call_id: "call_2", content: "" },
      ],
    },
  },
  {
    name: "sampling parameters and token limits",
    body: {
      model: "openclaw/main",
      messages: asked,
      temperature: 0.25,
      top_p: 0.5,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      seed: 7,
      stop: ["END"],
      max_tokens: 50,
      max_completion_tokens: 60,
    },
  },
  {
    name: "a response format",
    body: {
      model: "openclaw/main",
      messages: asked,
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", schema: { type: "object" } },
      },
    },
    provider: words('{"a":', "1}"),
  },
  {
    name: "an answer truncated at max_tokens",
    everywhere: true,
    body: { model: "openclaw/main", messages: asked, max_tokens: 3 },
    provider: cutShort,
  },
  {
    name: "an answer with cached and reasoning tokens",
    body: { model: "openclaw/main", messages: asked },
    provider: stream({
      pieces: [
        event(chunk({ content: "Cached." })),
        event(chunk({}, "stop")),
        event({
          ...chunk({}),
          choices: [],
          usage: {
            ...usage,
            prompt_tokens_details: { cached_tokens: 100 },
            completion_tokens_details: { reasoning_tokens: 3 },
          },
        }),
        event("[DONE]"),
      ],
    }),
  },
];

const refused: readonly Case[] = [
  { name: "no user message", body: { messages: [{ role: "system", content: "x" }] } },
  { name: "tools that are not an array", body: { messages: asked, tools: {} } },
  {
    name: "a tool that is not a function",
    body: { messages: asked, tools: [{ type: "web_search" }] },
  },
  {
    name: "a tool without a name",
    body: { messages: asked, tools: [{ type: "function", function: {} }] },
  },
  {
    name: "a required call without tools",
    body: { messages: asked, tool_choice: "required" },
  },
  {
    name: "a tool_choice that names an unknown tool",
    everywhere: true,
    body: {
      messages: asked,
      tools: [weather],
      tool_choice: { type: "function", function: { name: "nope" } },
    },
  },
  {
    name: "an unsupported tool_choice",
    body: { messages: asked, tools: [weather], tool_choice: { type: "allowed_tools" } },
  },
  { name: "a temperature out of range", body: { messages: asked, temperature: 3 } },
  { name: "a temperature that is not a number", body: { messages: asked, temperature: "hot" } },
  { name: "a fractional max_tokens", body: { messages: asked, max_tokens: 1.5 } },
  { name: "zero max_completion_tokens", body: { messages: asked, max_completion_tokens: 0 } },
  { name: "a seed that is not an integer", body: { messages: asked, seed: 1.5 } },
  { name: "five stop sequences", body: { messages: asked, stop: ["1", "2", "3", "4", "5"] } },
  { name: "an empty stop sequence", body: { messages: asked, stop: "" } },
  { name: "a stop sequence that is not a string", body: { messages: asked, stop: [1] } },
  {
    name: "a response_format string",
    body: { messages: asked, response_format: "json" },
  },
  {
    name: "an unknown format type",
    body: { messages: asked, response_format: { type: "xml" } },
  },
  { name: "a user that is not a string", body: { messages: asked, user: 7 } },
  {
    name: "an include_usage that is not a boolean",
    body: { messages: asked, stream_options: { include_usage: 1 } },
  },
  {
    name: "an image by URL",
    everywhere: true,
    body: {
      messages: [user([{ type: "image_url", image_url: { url: "https://example.com/a.png" } }])],
    },
  },
  {
    name: "an image URL that holds text",
    body: { messages: [user([{ type: "image_url", image_url: { url: "data:text/plain,hi" } }])] },
  },
  { name: "an image without a URL", body: { messages: [user([{ type: "image_url" }])] } },
];

const path = "/chat/completions";
const [operatorEntry] = entries;

/** Each case through the gateway's `/v1`, and some also through the other entries. */
const throughEntries = (cases: readonly Case[]) =>
  entries.flatMap((entry) =>
    cases
      .filter(({ everywhere }) => entry === operatorEntry || everywhere)
      .map((one) => [one.name, entry.name, one, entry] as const),
  );

/** Sends a request to both. @returns each answer, and the last request that each sent to its provider. */
async function both({ body, provider }: Case, entry: Entry = operatorEntry) {
  const sides = [
    [core, core.through(operatorEntry)],
    [ours, ours.through(entry)],
  ] as const;
  const seen = await Promise.all(
    sides.map(async ([side, entrance]) => {
      side.provider.behave("m1", provider ?? words("Hello", " from", " the", " provider."));
      const answer = await entrance.call(path, body);
      const question = side.provider.requests.at(-1)?.json;
      return { answer: comparable(answer), asked: comparableQuestion(question) };
    }),
  );
  return { core: seen[0], ours: seen[1] };
}

/** An answer without ids and times. */
function comparable({ status, headers, body }: Answer) {
  const plain = (value: Record<string, unknown>) =>
    "error" in value
      ? value
      : { ...value, id: idKind(value["id"]), created: typeof value["created"] };
  const text = body.toString("utf8");
  const isStream = headers["content-type"]?.startsWith("text/event-stream");
  return {
    status,
    type: headers["content-type"],
    body: isStream
      ? text
          .split("\n\n")
          .filter(Boolean)
          .map((line) => line.replace(/^data: /, ""))
          .map((data) => (data.startsWith("{") ? plain(JSON.parse(data)) : data))
      : plain(JSON.parse(text)),
  };
}

const idKind = (id: unknown) => String(id).replace(/[0-9a-f]{8}-[0-9a-f-]{27}$/, "<uuid>");

/** The session line and the timestamps that the host adds for the model. */
const varying = /session=\S+ \| sessionId=\S+|\[\w{3} [\d-]+ [\d:]+ UTC\]/g;

/** The request to the model without the date and the host's own prompt and tools, which depend on the caller. */
function comparableQuestion(question: object | undefined) {
  if (question === undefined) {
    return undefined;
  }
  const { messages, tools, ...fields } = question as {
    messages: { role: string; content: unknown }[];
    tools?: { function: { name: string } }[];
  };
  return {
    ...fields,
    prompt_cache_key: undefined,
    messages: messages
      .filter(({ role }) => role !== "system" && role !== "developer")
      .map((message) => JSON.parse(JSON.stringify(message).replaceAll(varying, "<varies>"))),
    clientTools: tools?.filter((tool) => ["get_weather", "other"].includes(tool.function.name)),
  };
}

describe.each([{ stream: false }, { stream: true }])(
  "answers like core, with stream: $stream",
  (how) => {
    const options = how.stream ? { stream: true, stream_options: { include_usage: true } } : how;

    test.each(throughEntries(good))(
      "%s, through %s",
      async (_name, _entryName, { body, provider }, entry) => {
        const seen = await both(
          { name: "", body: { ...options, ...body }, ...(provider ? { provider } : {}) },
          entry,
        );
        expect(seen.core?.asked).toBeDefined();
        expect(seen.ours).toEqual(seen.core);
      },
    );

    test.each(Object.keys(failures))("a provider error with status %s", async (status) => {
      const id = `f${status}`;
      for (const side of [core, ours]) {
        side.provider.behave(id, failures[status] as Behaviour);
      }
      const seen = await both({
        name: "",
        body: { ...options, model: `openclaw/${id}`, messages: asked },
      });
      expect(seen.core?.answer).toMatchObject(
        how.stream ? { status: 200 } : { status: Number(status) },
      );
      expect(seen.ours?.answer).toEqual(seen.core?.answer);
    });
  },
);

test.each(throughEntries(refused))(
  "refuses %s, like core, through %s",
  async (_name, _entryName, { body }, entry) => {
    const seen = await both({ name: "", body: { model: "openclaw/main", ...body } }, entry);
    expect(seen.core?.answer.status).toBe(400);
    expect(seen.ours?.answer).toEqual(seen.core?.answer);
  },
);

describe.each(entries)("the openai client, through $name,", (entry) => {
  const target = "openclaw/main";
  const messages = [{ role: "user" as const, content: "say hi" }];

  test("gets an agent's answer as JSON and as a stream", async () => {
    ours.provider.behave("m1", words("Hello", " there."));
    const client = openaiClient(ours.through(entry));
    const whole = await client.chat.completions.create({ model: target, messages });
    expect(whole.choices[0]?.message.content).toBe("Hello there.");
    const streamed = client.chat.completions.stream({
      model: target,
      messages,
      stream_options: { include_usage: true },
    });
    expect(await streamed.finalContent()).toBe("Hello there.");
    expect(await streamed.totalUsage()).toMatchObject({ completion_tokens: 7 });
  });

  test("runs its own tool and continues with the result", async () => {
    let calls = 0;
    ours.provider.behave("m1", (exchange) => {
      calls += 1;
      return (calls === 1 ? callOf("get_weather", '{"city":"Oslo"}') : words("4 degrees."))(
        exchange,
      );
    });
    const runner = openaiClient(ours.through(entry)).chat.completions.runTools({
      model: target,
      messages,
      tools: [
        {
          type: "function",
          function: { ...weather.function, parse: JSON.parse, function: () => "4 degrees" },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("4 degrees.");
  });

  test("throws our 400 with its message for an invalid parameter", async () => {
    const refusal = openaiClient(ours.through(entry)).chat.completions.create({
      model: target,
      messages,
      temperature: 3,
    });
    await expect(refusal).rejects.toThrow(/400 `temperature` must be between 0 and 2/);
  });
});
