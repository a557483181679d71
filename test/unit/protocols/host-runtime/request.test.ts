/** What the host's runtime is asked for a chat completion. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { encodeForRuntime } from "../../../../src/protocols/host-runtime/request.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import type { RuntimeModel } from "../../../../src/protocols/runtime.ts";
import type { ModelFacts } from "../../../../src/protocols/wire.ts";

const facts: ModelFacts = {
  id: "m1",
  maxTokens: 8000,
  isReasoning: true,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: false,
};
const model = (more: Partial<RuntimeModel> = {}): RuntimeModel => ({
  api: "anthropic-messages",
  provider: "a",
  facts,
  modalities: ["text", "image"],
  remembered: () => [],
  ...more,
});
const user = { role: "user", content: "hi" };
const encode = (body: object, more: Partial<RuntimeModel> = {}) =>
  encodeForRuntime(readModelRequest({ messages: [user], ...body }), model(more));
const options = (body: object, more: Partial<RuntimeModel> = {}) => encode(body, more).options;
const dropped = (body: object, more: Partial<RuntimeModel> = {}) => encode(body, more).dropped;

/** The path at which a body is refused; undefined if it is not. */
function refusedAt(body: object, more: Partial<RuntimeModel> = {}): string | null | undefined {
  try {
    encode(body, more);
    return undefined;
  } catch (error) {
    return error instanceof RelayError && error.code === "unsupported_params"
      ? error.param
      : String(error);
  }
}

const call = (id: string, args = "{}") => ({
  id,
  type: "function",
  function: { name: "f", arguments: args },
});
const asking = (...ids: string[]) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => call(id)),
});
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "r" });

describe("the conversation", () => {
  test("keeps texts, images, calls and results; system messages go in front", () => {
    const { context, dropped: lost } = encode({
      messages: [
        { role: "system", content: "one" },
        { role: "developer", content: [{ type: "text", text: "two" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
        { role: "assistant", content: "calling", tool_calls: [call("c1", '{"a":1}'), call("c2")] },
        result("c2"),
        result("c1"),
        user,
      ],
    });
    expect(context.systemPrompt).toBe("one\n\ntwo");
    expect(context.messages).toMatchObject([
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image", data: "AAAA", mimeType: "image/png" },
        ],
      },
      {
        role: "assistant",
        api: "anthropic-messages",
        provider: "a",
        model: "m1",
        stopReason: "toolUse",
        content: [
          { type: "text", text: "calling" },
          { type: "toolCall", id: "c1", name: "f", arguments: { a: 1 } },
          { type: "toolCall", id: "c2", name: "f", arguments: {} },
        ],
      },
      { role: "toolResult", toolCallId: "c2", toolName: "f", content: [{ text: "r" }] },
      { role: "toolResult", toolCallId: "c1", toolName: "f" },
      { role: "user", content: "hi" },
    ]);
    expect(lost).toEqual([]);
  });

  test.each<[string, string, object[], Partial<RuntimeModel>?]>([
    ["a result without its call", "messages[1]", [user, result("c1")]],
    ["a second result", "messages[3]", [user, asking("c1"), result("c1"), result("c1")]],
    [
      "a call without its result",
      "messages[1].tool_calls[1]",
      [user, asking("a", "b"), result("a")],
    ],
    ["a late result", "messages[1].tool_calls[0]", [user, asking("c1"), user, result("c1")]],
    [
      "two calls with one id",
      "messages[1].tool_calls[1].id",
      [user, asking("a", "a"), result("a")],
    ],
    [
      "arguments that are no object",
      "messages[1].tool_calls[0].function.arguments",
      [user, { role: "assistant", tool_calls: [call("a", "[1]")] }, result("a")],
    ],
    ["an empty user message", "messages[0]", [{ role: "user", content: " \n" }]],
    ["a user message without parts", "messages[0]", [{ role: "user", content: [] }]],
    ["an empty assistant message", "messages[1]", [user, { role: "assistant", content: "" }]],
    [
      "an image at a URL",
      "messages[0].content[0]",
      [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://a/b.png" } }] }],
    ],
    [
      "an image for a model without eyes",
      "messages[0].content[0]",
      [
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }],
        },
      ],
      { modalities: ["text"] },
    ],
    [
      "audio",
      "messages[0].content[0]",
      [
        {
          role: "user",
          content: [{ type: "input_audio", input_audio: { data: "AA", format: "wav" } }],
        },
      ],
    ],
    [
      "a file",
      "messages[0].content[0]",
      [{ role: "user", content: [{ type: "file", file: { file_id: "f" } }] }],
    ],
    ["half of a character", "messages[0].content", [{ role: "user", content: "a\ud800b" }]],
  ])("refuses %s, by its path", (_what, path, messages, more = {}) => {
    expect(refusedAt({ messages }, more)).toBe(path);
  });

  test("refuses a vendor's own tool, and names what a tool loses", () => {
    expect(refusedAt({ tools: [{ type: "web_search" }] })).toBe("tools[0]");
    const { context, dropped: lost } = encode({
      tools: [{ type: "function", function: { name: "f", strict: true } }],
    });
    expect(context.tools).toEqual([
      { name: "f", description: "", parameters: { type: "object", properties: {} } },
    ]);
    expect(lost).toEqual(["tools.function.strict"]);
  });

  test("names cache marks, names, a later system message, and reasoning without a signature", () => {
    const messages = [
      { role: "user", name: "joe", content: [{ type: "text", text: "x", cache_control: {} }] },
      { role: "assistant", content: "y", reasoning_content: "hm" },
      { role: "system", content: "late" },
      user,
    ];
    expect(dropped({ messages }).toSorted()).toEqual([
      "messages.content.cache_control",
      "messages.name",
      "messages.reasoning_content",
      "messages.role",
    ]);
  });

  test("sends signatures back: the client's copy, or what is remembered", () => {
    const thinking = { type: "openclaw.thinking", thinking: "hm", thinkingSignature: "s" };
    const state = { type: "openclaw.call", thoughtSignature: "t" };
    const own = [
      user,
      {
        role: "assistant",
        reasoning_details: [thinking],
        tool_calls: [{ ...call("c1"), extra_content: state }],
      },
      result("c1"),
    ];
    const expected = [
      { type: "thinking", thinking: "hm", thinkingSignature: "s" },
      { type: "toolCall", id: "c1", thoughtSignature: "t" },
    ];
    expect(encode({ messages: own }).context.messages[1]).toMatchObject({ content: expected });
    const remembered = (id: string) => (id === "c1" ? [thinking, state] : []);
    const plain = [user, asking("c1"), result("c1")];
    expect(encode({ messages: plain }, { remembered }).context.messages[1]).toMatchObject({
      content: expected,
    });
  });
});

describe("the options", () => {
  test("say what the runtime keeps, and no marks for a cache", () => {
    const body = { max_tokens: 100, temperature: 0.5, stop: "X", user: "u" };
    expect(options(body)).toEqual({
      maxTokens: 100,
      temperature: 0.5,
      stop: ["X"],
      metadata: { user_id: "u" },
      cacheRetention: "none",
    });
    expect(dropped(body)).toEqual([]);
  });

  test("name everything that is lost, on every API", () => {
    const lost = {
      top_p: 0.5,
      seed: 1,
      frequency_penalty: 1,
      presence_penalty: 1,
      logit_bias: { "1": 1 },
      logprobs: true,
      n: 2,
      parallel_tool_calls: false,
      response_format: { type: "json_object" },
      verbosity: "low",
      never_heard_of: 1,
    };
    for (const api of ["anthropic-messages", "google-vertex", "openai-responses", "unheard-of"]) {
      expect(dropped(lost, { api }).toSorted()).toEqual(Object.keys(lost).toSorted());
    }
    // Values that change nothing need not be named.
    expect(dropped({ n: 1, parallel_tool_calls: true, response_format: { type: "text" } })).toEqual(
      [],
    );
  });

  test.each([
    ["anthropic-messages", "required", "any"],
    [
      "anthropic-messages",
      { type: "function", function: { name: "f" } },
      { type: "tool", name: "f" },
    ],
    ["openai-completions", "required", "required"],
    [
      "openai-completions",
      { type: "function", function: { name: "f" } },
      { type: "function", function: { name: "f" } },
    ],
    ["openai-responses", "required", undefined],
    ["unheard-of", "none", undefined],
    ["unheard-of", "auto", undefined],
  ])("on %s, tool_choice %j is %j", (api, tool_choice, said) => {
    const body = { tool_choice, tools: [{ type: "function", function: { name: "f" } }] };
    expect(options(body, { api }).toolChoice).toEqual(said);
    const isLost = said === undefined && tool_choice !== "auto";
    expect(dropped(body, { api })).toEqual(isLost ? ["tool_choice"] : []);
  });

  test("stop is named where it is lost", () => {
    expect(dropped({ stop: ["X"] }, { api: "openai-responses" })).toEqual(["stop"]);
    expect(dropped({ stop: ["X", " "] })).toEqual(["stop"]);
    expect(options({ stop: ["X", " "] }).stop).toEqual(["X"]);
  });

  test("a cache key passes where the runtime has one", () => {
    expect(options({ prompt_cache_key: "k" }, { api: "openai-responses" })).toMatchObject({
      promptCacheKey: "k",
      cacheRetention: "short",
    });
    expect(dropped({ prompt_cache_key: "k" })).toEqual(["prompt_cache_key"]);
  });

  test("the limit of tokens never grows in silence", () => {
    const thinking = (max_tokens: number, more: Partial<RuntimeModel> = {}) => {
      const { options: said, dropped: lost } = encode(
        { max_tokens, reasoning_effort: "low" },
        more,
      );
      const budget = Object.values(said.thinkingBudgets ?? {})[0] ?? 0;
      return { total: (said.maxTokens ?? 0) + Number(budget), reasoning: said.reasoning, lost };
    };
    expect(thinking(100)).toEqual({ total: 100, reasoning: undefined, lost: ["reasoning_effort"] });
    expect(thinking(4000)).toEqual({ total: 4000, reasoning: "low", lost: [] });
    expect(thinking(1500)).toEqual({ total: 1500, reasoning: "low", lost: [] });
    expect(thinking(100, { api: "google-vertex" })).toEqual({
      total: 100,
      reasoning: "low",
      lost: [],
    });
    expect(thinking(100, { api: "unheard-of" }).lost).toEqual(["reasoning_effort"]);
    expect(thinking(100, { facts: { ...facts, thinksByEffort: true } }).reasoning).toBe("low");
    // The runtime would raise the one and lower the other.
    expect(dropped({ max_tokens: 5 }, { api: "openai-responses" })).toEqual(["max_tokens"]);
    expect(dropped({ max_completion_tokens: 9000 })).toEqual(["max_completion_tokens"]);
  });

  test("reasoning switches off what the runtime would leave out", () => {
    const body = {
      reasoning_effort: "high",
      temperature: 0.5,
      tool_choice: "required",
      tools: [{ type: "function", function: { name: "f" } }],
    };
    expect(dropped(body)).toEqual(["temperature", "tool_choice"]);
    const dumb = { ...facts, isReasoning: false };
    expect(dropped(body, { facts: dumb })).toEqual(["reasoning_effort"]);
    expect(options({ reasoning_effort: "none" }).reasoning).toBe("off");
    expect(dropped({ reasoning_effort: "none" }, { facts: dumb })).toEqual([]);
  });
});

describe("any body", () => {
  const text = fc.string({ unit: "binary", maxLength: 10 });
  const id = fc.constantFrom("a", "b", "c");
  const part = fc.oneof(
    fc.record({ type: fc.constant("text"), text }),
    fc.record({
      type: fc.constant("image_url"),
      image_url: fc.record({ url: fc.constantFrom("data:image/png;base64,AA", "https://a/b") }),
    }),
    fc.record({ type: text }),
  );
  const content = fc.oneof(text, fc.array(part, { maxLength: 3 }), fc.constant(null));
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom("system", "user", "developer", "other"), content }),
    fc.record({
      role: fc.constant("assistant"),
      content,
      tool_calls: fc.array(
        fc.record({
          id,
          type: fc.constant("function"),
          function: fc.record({ name: text, arguments: fc.oneof(text, fc.json()) }),
        }),
        { maxLength: 3 },
      ),
    }),
    fc.record({ role: fc.constant("tool"), tool_call_id: id, content }),
  );
  const parameter = fc.oneof(fc.integer(), text, fc.boolean(), fc.constant(null), fc.object());
  const body = fc.record(
    {
      messages: fc.array(message, { maxLength: 6 }),
      max_tokens: parameter,
      temperature: parameter,
      stop: parameter,
      seed: parameter,
      reasoning_effort: fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "no"),
      metadata: parameter,
      user: parameter,
      tool_choice: parameter,
      unheard_of: parameter,
    },
    { requiredKeys: ["messages"] },
  );
  const api = fc.constantFrom("anthropic-messages", "openai-responses", "google-vertex", "other");

  /** What was lost, and the limit of tokens with its reasoning; nothing if the body was refused. */
  function outcomeOf(given: object, of: string) {
    try {
      const { options: said, dropped: lost } = encode(given, { api: of });
      const budget = Object.values(said.thinkingBudgets ?? {})[0] ?? 0;
      const { maxTokens } = said;
      return { lost, limit: maxTokens === undefined ? undefined : maxTokens + Number(budget) };
    } catch (error) {
      if (error instanceof RelayError) {
        return { lost: undefined, limit: undefined };
      }
      throw error;
    }
  }

  test("encodes without a throw other than a RelayError, and loses nothing but what it names", () => {
    fc.assert(
      fc.property(body, api, (given, of) => {
        const { lost, limit } = outcomeOf(given, of);
        const isGiven = (value: unknown) => value !== undefined && value !== null;
        // Undefined: the conversation or a value was refused.
        expect([undefined, isGiven(given.seed)]).toContain(lost?.includes("seed"));
        expect([undefined, isGiven(given.unheard_of)]).toContain(lost?.includes("unheard_of"));
        const asked = lost === undefined ? undefined : (given.max_tokens ?? undefined);
        expect(limit).toBe(asked);
      }),
      { numRuns: 2000 },
    );
  });
});
