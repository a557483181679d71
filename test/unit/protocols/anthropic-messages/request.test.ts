/** How a chat completion's request is written for Anthropic's Messages API. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { anthropicMessages } from "../../../../src/protocols/anthropic-messages/wire.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import type { ModelFacts, RememberedState } from "../../../../src/protocols/wire.ts";

const facts: ModelFacts = {
  id: "claude",
  maxTokens: 64_000,
  isReasoning: true,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: false,
};

interface Setting {
  readonly model?: Partial<ModelFacts>;
  readonly baseUrl?: string;
  readonly remembered?: RememberedState;
}

const nothing: RememberedState = () => [];

/** The request for the members of a chat completion's body. */
function encoded(body: object, setting: Setting = {}) {
  const { model, baseUrl = "https://api.anthropic.com", remembered = nothing } = setting;
  const request = readModelRequest({ messages: [{ role: "user", content: "hi" }], ...body });
  return anthropicMessages.encode(request, { model: { ...facts, ...model }, baseUrl, remembered });
}

const messagesOf = (messages: readonly object[], setting?: Setting) =>
  encoded({ messages }, setting).body["messages"];

const cacheControl = { type: "ephemeral", ttl: "1h" };
const text = (value: string) => ({ type: "text", text: value });

test("a plain request streams, with the catalog's length of an answer", () => {
  expect(encoded({})).toEqual({
    path: "/v1/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body: {
      model: "claude",
      max_tokens: 64_000,
      messages: [{ role: "user", content: [text("hi")] }],
      stream: true,
    },
    dropped: [],
  });
  expect(encoded({}, { model: { maxTokens: undefined } }).body["max_tokens"]).toBe(4096);
});

test.each([
  ["https://api.anthropic.com", "/v1/messages"],
  ["https://h/anthropic/", "/v1/messages"],
  ["https://h/v1", "/messages"],
  ["https://h/anthropic/v2/", "/messages"],
])("the base URL %s has the resource %s", (baseUrl, path) => {
  expect(encoded({}, { baseUrl }).path).toBe(path);
});

describe("messages", () => {
  test("of the system are in front, with their marks for the cache", () => {
    const { body, dropped } = encoded({
      messages: [
        { role: "system", content: [{ ...text("a"), cache_control: cacheControl }] },
        { role: "developer", content: "b" },
        { role: "user", content: "c" },
      ],
    });
    expect(body["system"]).toEqual([{ ...text("a"), cache_control: cacheControl }, text("b")]);
    expect(body["messages"]).toEqual([{ role: "user", content: [text("c")] }]);
    expect(dropped).toEqual([]);
  });

  test("of the system that come later are moved, which is named", () => {
    const { body, dropped } = encoded({
      messages: [
        { role: "user", content: "a" },
        { role: "system", content: "b" },
        { role: "user", content: "c" },
      ],
    });
    expect(body["system"]).toEqual([text("b")]);
    expect(body["messages"]).toEqual([{ role: "user", content: [text("a"), text("c")] }]);
    expect(dropped).toEqual(["messages.role"]);
  });

  test("have images, documents and a vendor's own blocks", () => {
    const own = { type: "search_result", source: "x", cache_control: cacheControl };
    const file = (of: object) => ({ type: "file", file: of });
    const base64 = (media_type: string, data: string) => ({ type: "base64", media_type, data });
    const [message] = messagesOf([
      {
        role: "user",
        content: [
          { type: "image_url", image_url: { url: "https://x/a.png" } },
          {
            type: "image_url",
            image_url: { url: "data:image/png;base64,AA", detail: "auto" },
            cache_control: cacheControl,
          },
          file({ file_data: "data:application/pdf;base64,BB", filename: "b.pdf" }),
          file({ file_data: `data:text/plain;base64,${Buffer.from("é").toString("base64")}` }),
          file({ file_data: "https://x/c.pdf" }),
          file({ file_id: "f1" }),
          own,
        ],
      },
    ]) as { content: unknown }[];
    expect(message?.content).toEqual([
      { type: "image", source: { type: "url", url: "https://x/a.png" } },
      { type: "image", source: base64("image/png", "AA"), cache_control: cacheControl },
      { type: "document", source: base64("application/pdf", "BB"), title: "b.pdf" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "é" } },
      { type: "document", source: { type: "url", url: "https://x/c.pdf" } },
      { type: "document", source: { type: "file", file_id: "f1" } },
      own,
    ]);
  });

  test("cannot have audio", () => {
    const audio = { type: "input_audio", input_audio: { data: "A", format: "wav" } };
    expect(() => messagesOf([{ role: "user", content: [text("a"), audio] }])).toThrow(
      expect.objectContaining({ code: "unsupported_params", param: "messages[0].content[1]" }),
    );
  });

  test("have calls, and the results in the next turn of the user", () => {
    expect(
      messagesOf([
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: "c1",
              function: { name: "f", arguments: '{"a":1}' },
              cache_control: cacheControl,
            },
            { id: "c2", function: { name: "g", arguments: "" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "one" },
        {
          role: "tool",
          tool_call_id: "c2",
          content: [{ ...text("two"), cache_control: cacheControl }],
        },
        { role: "tool", tool_call_id: "c3" },
        { role: "user", content: "and?" },
      ]),
    ).toEqual([
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "c1", name: "f", input: { a: 1 }, cache_control: cacheControl },
          { type: "tool_use", id: "c2", name: "g", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "c1", content: "one" },
          {
            type: "tool_result",
            tool_use_id: "c2",
            content: [{ ...text("two"), cache_control: cacheControl }],
          },
          { type: "tool_result", tool_use_id: "c3" },
          text("and?"),
        ],
      },
    ]);
  });

  test.each(["[1]", "nope", '"a"', "null"])("cannot have calls with %s as arguments", (value) => {
    const tool_calls = [{ id: "c1", function: { name: "f", arguments: value } }];
    expect(() => messagesOf([{ role: "assistant", tool_calls }])).toThrow(
      expect.objectContaining({
        code: "unsupported_params",
        param: "messages[0].tool_calls[0].function.arguments",
      }),
    );
  });

  test("of the assistant keep its words and its refusal", () => {
    expect(
      messagesOf([{ role: "assistant", content: [text(""), text("a")], refusal: "no" }]),
    ).toEqual([{ role: "assistant", content: [text("a"), text("no")] }]);
  });

  test("lose names and details of images, which are named", () => {
    const image = { type: "image_url", image_url: { url: "https://x/a.png", detail: "high" } };
    const { dropped } = encoded({
      messages: [{ role: "user", name: "ann", content: [image], odd: 1 }],
    });
    expect(dropped.toSorted()).toEqual([
      "messages.content.image_url.detail",
      "messages.name",
      "messages.odd",
    ]);
  });
});

describe("reasoning of earlier answers", () => {
  const thinking = { type: "thinking", thinking: "hm", signature: "s" };
  const redacted = { type: "redacted_thinking", data: "x" };
  const tool_calls = [{ id: "c1", function: { name: "f", arguments: "{}" } }];
  const call = { type: "tool_use", id: "c1", name: "f", input: {} };
  const remembered: RememberedState = (id) => (id === "c1" ? [thinking] : []);

  test("comes from the client, if it sends the provider's blocks", () => {
    const details = [redacted, thinking, { type: "reasoning.encrypted", data: "of another" }];
    const message = { role: "assistant", content: "a", reasoning_details: details, tool_calls };
    expect(messagesOf([message], { remembered })).toEqual([
      { role: "assistant", content: [redacted, thinking, text("a"), call] },
    ]);
  });

  test("comes from memory otherwise, by the first call", () => {
    const { body, dropped } = encoded(
      { messages: [{ role: "assistant", reasoning_content: "hm", tool_calls }] },
      { remembered },
    );
    expect(body["messages"]).toEqual([{ role: "assistant", content: [thinking, call] }]);
    expect(dropped).toEqual([]);
  });

  test("without its signature is dropped and named", () => {
    const { body, dropped } = encoded({
      messages: [{ role: "assistant", content: "a", reasoning_content: "hm" }],
    });
    expect(body["messages"]).toEqual([{ role: "assistant", content: [text("a")] }]);
    expect(dropped).toEqual(["messages.reasoning_content"]);
  });
});

describe("tools", () => {
  const schema = { type: "object", properties: { a: {} } };
  const own = { type: "web_search_20260209", name: "web_search", max_uses: 5 };
  const tools = [
    {
      type: "function",
      function: { name: "f", description: "d", parameters: schema, strict: true },
      cache_control: cacheControl,
    },
    { type: "function", function: { name: "g" } },
    own,
  ];

  test("have their schemas, and a vendor's own ones pass", () => {
    expect(encoded({ tools }).body["tools"]).toEqual([
      {
        name: "f",
        description: "d",
        input_schema: schema,
        strict: true,
        cache_control: cacheControl,
      },
      { name: "g", input_schema: { type: "object", properties: {} } },
      own,
    ]);
  });

  const serial = { disable_parallel_tool_use: true };
  const named = { type: "function", function: { name: "f" } };
  test.each([
    [undefined, undefined, undefined],
    [undefined, true, undefined],
    [undefined, false, { type: "auto", ...serial }],
    ["auto", undefined, { type: "auto" }],
    ["auto", false, { type: "auto", ...serial }],
    ["none", false, { type: "none" }],
    ["required", undefined, { type: "any" }],
    ["required", false, { type: "any", ...serial }],
    [named, undefined, { type: "tool", name: "f" }],
    [named, false, { type: "tool", name: "f", ...serial }],
  ])("chosen by %j, in parallel %j: %j", (tool_choice, parallel_tool_calls, choice) => {
    const { body, dropped } = encoded({ tools, tool_choice, parallel_tool_calls });
    expect(body["tool_choice"]).toEqual(choice);
    expect(dropped).toEqual([]);
  });

  test("that are missing cannot be called one by one", () => {
    expect(encoded({ parallel_tool_calls: false }).body).not.toHaveProperty("tool_choice");
  });
});

describe("parameters", () => {
  /** What of the body is not that of a plain request, and what is dropped. */
  function changes(body: object, model: Partial<ModelFacts> = {}) {
    const { body: sent, dropped } = encoded(body, { model });
    const plain = encoded({}, { model }).body;
    const changed = Object.entries(sent).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(plain[name]),
    );
    return [Object.fromEntries(changed), dropped.toSorted()];
  }

  test.each([
    [{ max_tokens: 5 }, { max_tokens: 5 }, []],
    [{ max_completion_tokens: 6, max_tokens: 5 }, { max_tokens: 6 }, []],
    [{ temperature: 0, top_p: 1 }, { temperature: 0, top_p: 1 }, []],
    [{ temperature: 1.5, top_p: -1 }, {}, ["temperature", "top_p"]],
    [{ stop: "END" }, { stop_sequences: ["END"] }, []],
    [{ stop: ["a", " \n", 5] }, { stop_sequences: ["a"] }, ["stop"]],
    [{ stop: "\n" }, {}, ["stop"]],
    [{ user: "u" }, { metadata: { user_id: "u" } }, []],
    [{ safety_identifier: "s" }, { metadata: { user_id: "s" } }, []],
    [{ metadata: { user_id: "m" }, user: "u" }, { metadata: { user_id: "m" } }, []],
    [{ metadata: { team: "t" }, user: "u" }, { metadata: { user_id: "u" } }, ["metadata"]],
    [{ metadata: "x" }, {}, ["metadata"]],
    [{ service_tier: "auto" }, { service_tier: "auto" }, []],
    [{ service_tier: "default" }, { service_tier: "standard_only" }, []],
    [{ service_tier: "standard_only" }, { service_tier: "standard_only" }, []],
    [{ service_tier: "flex" }, {}, ["service_tier"]],
    [
      { response_format: { type: "json_schema", json_schema: { name: "n", schema: { a: 1 } } } },
      { output_config: { format: { type: "json_schema", schema: { a: 1 } } } },
      [],
    ],
    [{ response_format: { type: "json_object" } }, {}, ["response_format"]],
    [{ response_format: { type: "text" } }, {}, []],
    [{ response_format: "json" }, {}, ["response_format"]],
    [{ top_k: 5, container: "c" }, { top_k: 5, container: "c" }, []],
    [
      { thinking: { type: "enabled", budget_tokens: 2000 }, reasoning_effort: "low" },
      { thinking: { type: "enabled", budget_tokens: 2000 } },
      ["reasoning_effort"],
    ],
    [{ cache_control: cacheControl }, { cache_control: cacheControl }, []],
    [
      { seed: 1, n: 2, logit_bias: { 1: 1 }, verbosity: "low", logprobs: true },
      {},
      ["logit_bias", "logprobs", "n", "seed", "verbosity"],
    ],
    [{ n: 1, seed: null, logprobs: false, store: false }, {}, []],
  ])("%j are %j, without %j", (body, sent, dropped) => {
    expect(changes(body)).toEqual([sent, dropped]);
  });

  test("of sampling are dropped if the model refuses them, or thinks", () => {
    const sampling = { temperature: 0.5, top_p: 0.5 };
    expect(changes(sampling, { acceptsSampling: false })).toEqual([{}, ["temperature", "top_p"]]);
    const { body, dropped } = encoded({ ...sampling, reasoning_effort: "low" });
    expect(body).not.toHaveProperty("temperature");
    expect(dropped).toEqual(["temperature", "top_p"]);
    expect(changes({ ...sampling, thinking: { type: "disabled" } })).toEqual([
      { ...sampling, thinking: { type: "disabled" } },
      [],
    ]);
  });

  test.each([
    ["none", {}, { type: "disabled" }],
    ["minimal", {}, { type: "enabled", budget_tokens: 1024 }],
    ["low", {}, { type: "enabled", budget_tokens: 2048 }],
    ["medium", {}, { type: "enabled", budget_tokens: 8192 }],
    ["high", {}, { type: "enabled", budget_tokens: 16_384 }],
    ["xhigh", {}, { type: "enabled", budget_tokens: 32_768 }],
    ["high", { maxTokens: 4096 }, { type: "enabled", budget_tokens: 4095 }],
    ["low", { maxTokens: 1024 }, undefined],
    ["low", { isReasoning: false }, undefined],
    ["low", { efforts: { low: null } }, undefined],
    ["enormous", {}, undefined],
    ["constructor", { efforts: {} }, undefined],
  ])("an effort of %s of a model with %j thinks %j", (reasoning_effort, model, thinking) => {
    const { body, dropped } = encoded({ reasoning_effort }, { model });
    expect(body["thinking"]).toEqual(thinking);
    expect(dropped).toEqual(thinking === undefined ? ["reasoning_effort"] : []);
  });

  test("no effort of a model without reasoning needs no word", () => {
    expect(changes({ reasoning_effort: "none" }, { isReasoning: false })).toEqual([{}, []]);
  });

  test.each([
    ["minimal", {}, "low"],
    ["high", {}, "high"],
    ["xhigh", { xhigh: "max" }, "max"],
  ])("an effort of %s of a model that decides itself is a word", (effort, efforts, word) => {
    const { body } = encoded(
      { reasoning_effort: effort, output_config: { a: 1 } },
      { model: { thinksByEffort: true, efforts } },
    );
    expect(body).toMatchObject({
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { a: 1, effort: word },
    });
  });

  test.each([
    [{ temperature: "warm" }, "temperature"],
    [{ max_tokens: "5" }, "max_tokens"],
    [{ parallel_tool_calls: "no" }, "parallel_tool_calls"],
    [{ user: 5 }, "user"],
  ])("of a wrong type are refused: %j", (body, param) => {
    expect(() => encoded(body)).toThrow(
      expect.objectContaining({ constructor: RelayError, code: "invalid_body", param }),
    );
  });
});

test("every parameter is expressed or named", () => {
  const name = fc.constantFrom("seed", "n", "top_k", "container", "logit_bias", "__proto__", "x");
  fc.assert(
    fc.property(fc.dictionary(name, fc.integer({ min: 2, max: 9 })), (parameters) => {
      const { body, dropped } = encoded(parameters);
      const plain = new Set(Object.keys(encoded({}).body));
      const own = Object.keys(body).filter((member) => !plain.has(member));
      expect([...own, ...dropped].toSorted()).toEqual(Object.keys(parameters).toSorted());
    }),
  );
});
