/** How a chat completion's request is written for Ollama. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import { ollama } from "../../../../src/protocols/ollama/wire.ts";
import type { ModelFacts } from "../../../../src/protocols/wire.ts";

const facts: ModelFacts = {
  id: "qwen3",
  maxTokens: 8192,
  isReasoning: true,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: false,
};

interface Setting {
  readonly model?: Partial<ModelFacts>;
  readonly baseUrl?: string;
}

/** The request for the members of a chat completion's body. */
function encoded(body: object, { model, baseUrl = "http://127.0.0.1:11434" }: Setting = {}) {
  const request = readModelRequest({ messages: [{ role: "user", content: "hi" }], ...body });
  return ollama.encode(request, {
    model: { ...facts, ...model },
    baseUrl,
    remembered: () => [],
  });
}

const messagesOf = (messages: readonly object[]) => encoded({ messages }).body["messages"];

/** What is refused: the error's code and the path of what is wrong. */
function refusal(body: object): readonly unknown[] {
  try {
    encoded(body);
  } catch (error) {
    return error instanceof RelayError ? [error.code, error.param] : [error];
  }
  return [];
}

test("a plain request streams, and fails if its prompt is too long", () => {
  expect(encoded({})).toEqual({
    path: "/api/chat",
    headers: {},
    body: {
      model: "qwen3",
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      truncate: false,
      shift: false,
    },
    dropped: [],
  });
});

test.each([
  ["http://h:11434", "/api/chat"],
  ["http://h:11434/", "/api/chat"],
  ["http://h/ollama", "/api/chat"],
  ["http://h:11434/v1", "/../api/chat"],
  ["http://h/ollama/V1/", "/../api/chat"],
])("the base URL %s has the resource %s", (baseUrl, path) => {
  expect(encoded({}, { baseUrl }).path).toBe(path);
});

test("a key is a bearer token", () => {
  expect(ollama.credentialHeaders("k")).toEqual({ authorization: "Bearer k" });
});

describe("messages", () => {
  test("have one text, whatever its parts are", () => {
    const text = (value: string) => ({ type: "text", text: value });
    expect(
      messagesOf([
        { role: "system", content: "s" },
        { role: "developer", content: [text("d")] },
        { role: "user", content: [text("a"), text("b")] },
        { role: "assistant", content: null },
        { role: "assistant", content: "c", refusal: "no" },
      ]),
    ).toEqual([
      { role: "system", content: "s" },
      { role: "system", content: "d" },
      { role: "user", content: "ab" },
      { role: "assistant", content: "" },
      { role: "assistant", content: "cno" },
    ]);
  });

  test("have their images beside it, in base64", () => {
    const image = (url: string) => ({ type: "image_url", image_url: { url } });
    expect(
      messagesOf([
        {
          role: "user",
          content: [
            image("data:image/png;base64,AAAA"),
            { type: "text", text: "?" },
            image("data:image/jpeg;base64,BBBB"),
          ],
        },
      ]),
    ).toEqual([{ role: "user", content: "?", images: ["AAAA", "BBBB"] }]);
  });

  test("keep the model's reasoning, its calls and their results", () => {
    expect(
      messagesOf([
        {
          role: "assistant",
          content: "",
          reasoning_content: "hm",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
            { id: "c2", type: "function", function: { name: "g", arguments: "" } },
          ],
        },
        { role: "tool", tool_call_id: "c2", content: "two" },
        { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "one" }] },
      ]),
    ).toEqual([
      {
        role: "assistant",
        content: "",
        thinking: "hm",
        tool_calls: [
          { id: "c1", function: { name: "f", arguments: { a: 1 } } },
          { id: "c2", function: { name: "g", arguments: {} } },
        ],
      },
      { role: "tool", tool_name: "g", tool_call_id: "c2", content: "two" },
      { role: "tool", tool_name: "f", tool_call_id: "c1", content: "one" },
    ]);
  });

  const content = (part: object) => ({ messages: [{ role: "user", content: [part] }] });
  const path = "messages[0].content[0]";
  test.each([
    [
      "an image at a URL",
      content({ type: "image_url", image_url: { url: "https://x/a.png" } }),
      path,
    ],
    ["audio", content({ type: "input_audio", input_audio: { data: "A", format: "wav" } }), path],
    ["a file", content({ type: "file", file: { file_data: "AAAA" } }), path],
    ["a part of a vendor", content({ type: "video", video: {} }), path],
    [
      "a result without its call",
      { messages: [{ role: "tool", tool_call_id: "c1", content: "x" }] },
      "messages[0].tool_call_id",
    ],
    [
      "a result before its call",
      {
        messages: [
          { role: "tool", tool_call_id: "c1", content: "x" },
          {
            role: "assistant",
            tool_calls: [{ id: "c1", function: { name: "f", arguments: "{}" } }],
          },
        ],
      },
      "messages[0].tool_call_id",
    ],
    [
      "arguments that are no object",
      {
        messages: [
          {
            role: "assistant",
            tool_calls: [{ id: "c1", function: { name: "f", arguments: "[1]" } }],
          },
        ],
      },
      "messages[0].tool_calls[0].function.arguments",
    ],
  ])("cannot have %s", (_what, body, param) => {
    expect(refusal(body)).toEqual(["unsupported_params", param]);
  });

  test("lose names, marks for a cache and details of images, which are named", () => {
    const cache_control = { type: "ephemeral" };
    const { dropped } = encoded({
      messages: [
        { role: "user", name: "ann", content: [{ type: "text", text: "a", cache_control }] },
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:image/png;base64,A", detail: "low" } },
          ],
        },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", function: { name: "f", arguments: "{}" }, cache_control }],
          odd: 1,
        },
      ],
    });
    expect(dropped.toSorted()).toEqual([
      "messages.content.cache_control",
      "messages.content.image_url.detail",
      "messages.name",
      "messages.odd",
      "messages.tool_calls.cache_control",
    ]);
  });
});

describe("tools", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const tools = [
    { type: "function", function: { name: "f", description: "does", parameters: schema } },
    { type: "function", function: { name: "g" } },
  ];
  const written = [
    { type: "function", function: { name: "f", description: "does", parameters: schema } },
    { type: "function", function: { name: "g", parameters: { type: "object", properties: {} } } },
  ];

  test("have their schemas", () => {
    const { body, dropped } = encoded({ tools, tool_choice: "auto", parallel_tool_calls: true });
    expect(body["tools"]).toEqual(written);
    expect(dropped).toEqual([]);
  });

  test("are not sent if none may be called", () => {
    const { body, dropped } = encoded({ tools, tool_choice: "none" });
    expect(body).not.toHaveProperty("tools");
    expect(dropped).toEqual([]);
  });

  test.each([["required"], [{ type: "function", function: { name: "f" } }]])(
    "cannot be required: %j is dropped and named",
    (tool_choice) => {
      const { body, dropped } = encoded({ tools, tool_choice });
      expect(body["tools"]).toEqual(written);
      expect(dropped).toEqual(["tool_choice"]);
    },
  );

  test("that Ollama does not have are dropped and named, as is what it cannot say of them", () => {
    const { body, dropped } = encoded({
      tools: [
        { type: "web_search" },
        { type: "function", function: { name: "g", strict: true }, cache_control: {} },
      ],
      parallel_tool_calls: false,
    });
    expect(body["tools"]).toEqual([written[1]]);
    expect(dropped.toSorted()).toEqual([
      "parallel_tool_calls",
      "tools",
      "tools.cache_control",
      "tools.function.strict",
    ]);
    expect(encoded({ tools: [{ type: "web_search" }] }).body).not.toHaveProperty("tools");
  });
});

describe("parameters", () => {
  test("of chat completions become options", () => {
    const { body, dropped } = encoded({
      max_tokens: 5,
      temperature: 0,
      top_p: 0.5,
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop: "END",
    });
    expect(body["options"]).toEqual({
      num_predict: 5,
      temperature: 0,
      top_p: 0.5,
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop: ["END"],
    });
    expect(dropped).toEqual([]);
  });

  test("of Ollama pass, wherever the client puts them", () => {
    const { body, dropped } = encoded({
      num_ctx: 32_768,
      top_k: 20,
      min_p: 0.05,
      repeat_penalty: 1.1,
      options: { mirostat: 1, num_keep: 4 },
      keep_alive: "10m",
      truncate: true,
      shift: true,
      think: "high",
      format: "json",
    });
    expect(body).toMatchObject({
      keep_alive: "10m",
      truncate: true,
      shift: true,
      think: "high",
      format: "json",
      options: {
        num_ctx: 32_768,
        top_k: 20,
        min_p: 0.05,
        repeat_penalty: 1.1,
        mirostat: 1,
        num_keep: 4,
      },
    });
    expect(dropped).toEqual([]);
  });

  test("of probabilities are the same", () => {
    const { body, dropped } = encoded({ logprobs: true, top_logprobs: 3 });
    expect(body).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(dropped).toEqual([]);
  });

  test("in Ollama's own words win, and the others are named", () => {
    const { body, dropped } = encoded({
      options: { temperature: 1, num_predict: 9, stop: ["x"], num_ctx: 1 },
      temperature: 0,
      max_completion_tokens: 5,
      stop: "END",
      num_ctx: 2,
      think: false,
      reasoning_effort: "high",
      format: {},
      response_format: { type: "json_object" },
    });
    expect(body).toMatchObject({
      options: { temperature: 1, num_predict: 9, stop: ["x"], num_ctx: 1 },
      think: false,
      format: {},
    });
    expect(dropped.toSorted()).toEqual([
      "max_completion_tokens",
      "num_ctx",
      "reasoning_effort",
      "response_format",
      "stop",
      "temperature",
    ]);
  });

  test("that Ollama does not have are dropped and named", () => {
    const names = ["logit_bias", "metadata", "n", "service_tier", "user", "verbosity"];
    const { body, dropped } = encoded({
      logit_bias: { 1: 2 },
      metadata: { a: "b" },
      n: 2,
      service_tier: "flex",
      user: "u",
      verbosity: "low",
    });
    expect(body).not.toHaveProperty("options");
    expect(dropped.toSorted()).toEqual(names);
  });

  test("of the newer name win over those of the older one", () => {
    const { body, dropped } = encoded({ max_tokens: 5, max_completion_tokens: 6 });
    expect(body["options"]).toEqual({ num_predict: 6 });
    expect(dropped).toEqual([]);
  });

  test.each([
    [["a", "b"], ["a", "b"], []],
    [["a", "", 5], ["a"], ["stop"]],
    ["", undefined, ["stop"]],
    [[], undefined, []],
    [{}, undefined, ["stop"]],
  ])("`stop: %j` is %j", (stop, words, names) => {
    const { body, dropped } = encoded({ stop });
    expect(body["options"]).toEqual(words && { stop: words });
    expect(dropped).toEqual(names);
  });

  test.each([
    [{ type: "json_object" }, "json", []],
    [{ type: "json_schema", json_schema: { name: "n", schema: { a: 1 } } }, { a: 1 }, []],
    [{ type: "text" }, undefined, []],
    [{ type: "json_schema", json_schema: {} }, undefined, ["response_format"]],
    [{ type: "grammar" }, undefined, ["response_format"]],
    ["json", undefined, ["response_format"]],
  ])("`response_format: %j` is %j", (response_format, format, names) => {
    const { body, dropped } = encoded({ response_format });
    expect(body["format"]).toEqual(format);
    expect(dropped).toEqual(names);
  });

  test.each([
    ["none", {}, false],
    ["low", {}, true],
    ["high", {}, true],
    ["minimal", { thinksByEffort: true }, "low"],
    ["medium", { thinksByEffort: true }, "medium"],
    ["xhigh", { thinksByEffort: true }, "high"],
    ["max", { thinksByEffort: true, efforts: { max: "max" } }, "max"],
    ["none", { thinksByEffort: true }, false],
    ["none", { isReasoning: false }, false],
    ["none", { efforts: { none: null } }, undefined],
    ["low", { isReasoning: false }, undefined],
    ["low", { efforts: { low: null } }, undefined],
    ["enormous", {}, undefined],
    ["constructor", { efforts: {} }, undefined],
  ])("an effort of %s of a model with %j is %j", (reasoning_effort, model, think) => {
    const { body, dropped } = encoded({ reasoning_effort }, { model });
    expect(body["think"]).toEqual(think);
    expect(dropped).toEqual(think === undefined ? ["reasoning_effort"] : []);
  });

  test.each([
    [{ temperature: "warm" }, "temperature"],
    [{ seed: {} }, "seed"],
    [{ max_tokens: "5" }, "max_tokens"],
    [{ options: [] }, "options"],
    [{ options: "a" }, "options"],
    [{ reasoning_effort: 1 }, "reasoning_effort"],
  ])("of a wrong type are refused: %j", (body, param) => {
    expect(refusal(body)).toEqual(["invalid_body", param]);
  });

  test("with the names of inherited members are nothing special", () => {
    const body = JSON.parse('{"options":{"__proto__":{"a":1},"toString":1},"constructor":1}');
    const { body: sent, dropped } = encoded(body);
    expect(JSON.stringify(sent["options"])).toBe('{"__proto__":{"a":1},"toString":1}');
    expect(dropped).toEqual(["constructor"]);
  });
});

test("every parameter is expressed or named", () => {
  const name = fc.constantFrom("seed", "n", "user", "top_k", "num_ctx", "logit_bias", "min_p", "x");
  fc.assert(
    fc.property(fc.dictionary(name, fc.integer({ min: 2, max: 9 })), (parameters) => {
      const { body, dropped } = encoded(parameters);
      const options = body["options"] ?? {};
      expect([...Object.keys(options), ...dropped].toSorted()).toEqual(
        Object.keys(parameters).toSorted(),
      );
    }),
  );
});
