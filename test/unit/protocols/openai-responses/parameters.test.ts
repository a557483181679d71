/** Each parameter of chat completions in the Responses API: said, or named as dropped. */
import { describe, expect, test } from "vitest";
import type { ModelFacts } from "../../../../src/protocols/wire.ts";
import { contextOf, encode } from "./encode.ts";

const always = { model: "m1", input: [], stream: true, store: false };
const reasoning: Partial<ModelFacts> = {
  isReasoning: true,
  efforts: { none: null, minimal: "low", high: "high" },
};

/** What a body adds to the request, and the names of what it loses. */
function written(body: object, model: Partial<ModelFacts> = {}) {
  const { body: sent, dropped } = encode({ ...body }, contextOf(model));
  expect(sent).toMatchObject(always);
  const added = Object.entries(sent).filter(([name]) => !Object.hasOwn(always, name));
  return [Object.fromEntries(added), dropped];
}

test.each<[object, object, readonly string[]]>([
  [{}, {}, []],
  [{ max_tokens: 16 }, { max_output_tokens: 16 }, []],
  [{ max_tokens: 100, max_completion_tokens: 100 }, { max_output_tokens: 100 }, []],
  [{ max_tokens: 100, max_completion_tokens: 200 }, { max_output_tokens: 200 }, ["max_tokens"]],
  [{ max_tokens: 15 }, {}, ["max_tokens"]],
  [{ max_completion_tokens: 1 }, {}, ["max_completion_tokens"]],
  [{ temperature: 1.5, top_p: 0 }, { temperature: 1.5, top_p: 0 }, []],
  [{ stop: ["a"] }, {}, ["stop"]],
  [{ seed: 1, logit_bias: { 5: 1 } }, {}, ["seed", "logit_bias"]],
  [{ n: 2, presence_penalty: 1 }, {}, ["n", "presence_penalty"]],
  [{ n: 1, presence_penalty: 0, stop: [], logit_bias: {}, logprobs: false }, {}, []],
  [
    { logprobs: true, top_logprobs: 3 },
    { include: ["message.output_text.logprobs"], top_logprobs: 3 },
    [],
  ],
  [{ verbosity: "low" }, { text: { verbosity: "low" } }, []],
  [{ user: "u" }, { safety_identifier: "u" }, []],
  [{ user: "u", safety_identifier: "s" }, { safety_identifier: "s" }, ["user"]],
  [{ user: "s", safety_identifier: "s" }, { safety_identifier: "s" }, []],
  [{ background: true }, {}, ["background"]],
  [{ web_search_options: {}, prediction: {} }, {}, ["web_search_options", "prediction"]],
])("writes %j", (body, sent, dropped) => {
  expect(written(body)).toEqual([sent, dropped]);
});

test.each([
  { metadata: { a: "b" } },
  { service_tier: "flex" },
  { prompt_cache_key: "k" },
  { prompt_cache_retention: "24h" },
  { prompt_cache_options: { ttl: "30m" } },
  { parallel_tool_calls: false },
  { parallel_tool_calls: true },
  { instructions: "Be brief." },
  { truncation: "auto" },
  { max_tool_calls: 3 },
  { previous_response_id: "resp_1" },
  { conversation: "conv_1" },
  { prompt: { id: "pmpt_1" } },
  { context_management: [{ type: "compaction" }] },
  { include: ["file_search_call.results"] },
  { reasoning: { effort: "high", summary: "detailed" } },
  { text: { verbosity: "high" } },
])("passes %j unchanged", (body) => {
  expect(written(body)).toEqual([body, []]);
});

test("stores an answer only if the client asks for it", () => {
  expect(encode({ store: true }).body["store"]).toBe(true);
  expect(encode({ store: null }).body["store"]).toBe(false);
});

test("drops and names sampling that the model refuses", () => {
  expect(written({ temperature: 0, top_p: 1 }, { acceptsSampling: false })).toEqual([
    {},
    ["temperature", "top_p"],
  ]);
});

test.each([
  ["max_tokens", "many"],
  ["temperature", "hot"],
  ["user", 5],
  ["verbosity", 1],
  ["reasoning_effort", 1],
  ["store", "yes"],
])("refuses %s of another type with its name", (param, value) => {
  expect(() => encode({ [param]: value })).toThrow(
    expect.objectContaining({ code: "invalid_body", param }),
  );
});

describe("response_format", () => {
  const schema = { type: "object", properties: {}, additionalProperties: false };

  test.each([
    [
      { type: "json_schema", json_schema: { name: "a", schema, strict: true, description: "d" } },
      {
        text: {
          format: { type: "json_schema", name: "a", schema, strict: true, description: "d" },
        },
      },
      [],
    ],
    [{ type: "json_object" }, { text: { format: { type: "json_object" } } }, []],
    [{ type: "text" }, {}, []],
    [{ type: "grammar", grammar: "x" }, {}, ["response_format"]],
  ])("%j", (format, sent, dropped) => {
    expect(written({ response_format: format })).toEqual([sent, dropped]);
  });

  test("is dropped and named beside the API's own format", () => {
    const text = { format: { type: "json_object" } };
    expect(
      written({
        text,
        verbosity: "low",
        response_format: { type: "json_schema", json_schema: {} },
      }),
    ).toEqual([{ text: { ...text, verbosity: "low" } }, ["response_format"]]);
  });
});

describe("reasoning_effort", () => {
  const include = ["reasoning.encrypted_content"];

  test.each<[string, object, readonly string[]]>([
    ["high", { reasoning: { summary: "auto", effort: "high" }, include }, []],
    ["minimal", { reasoning: { summary: "auto", effort: "low" }, include }, []],
    ["medium", { reasoning: { summary: "auto", effort: "medium" }, include }, []],
    ["none", { include }, ["reasoning_effort"]],
    ["constructor", { reasoning: { summary: "auto", effort: "constructor" }, include }, []],
  ])("%s", (effort, sent, dropped) => {
    expect(written({ reasoning_effort: effort }, reasoning)).toEqual([sent, dropped]);
  });

  test("that the model does not have is dropped and named", () => {
    expect(
      written({ reasoning_effort: "xhigh" }, { ...reasoning, efforts: { xhigh: null } }),
    ).toEqual([{ include }, ["reasoning_effort"]]);
    expect(written({ reasoning_effort: "high" })).toEqual([{}, ["reasoning_effort"]]);
  });

  test("none asks for no summary, and a model without reasoning for nothing", () => {
    expect(written({ reasoning_effort: "none" })).toEqual([{}, []]);
    expect(written({ reasoning_effort: "none" }, { isReasoning: true })).toEqual([
      { reasoning: { effort: "none" }, include },
      [],
    ]);
  });

  test("joins the API's own member, and loses against an effort there", () => {
    const own = { summary: "detailed" };
    expect(written({ reasoning: own, reasoning_effort: "high" }, reasoning)).toEqual([
      { reasoning: { ...own, effort: "high" }, include },
      [],
    ]);
    expect(written({ reasoning: { effort: "low" }, reasoning_effort: "high" }, reasoning)).toEqual([
      { reasoning: { effort: "low" }, include },
      ["reasoning_effort"],
    ]);
  });
});

test("asks for encrypted reasoning beside what the client includes, once", () => {
  const include = ["reasoning.encrypted_content", "file_search_call.results"];
  expect(written({ include }, reasoning)).toEqual([{ include }, []]);
  expect(written({ include: [include[1]] }, reasoning)).toEqual([
    { include: include.toReversed() },
    [],
  ]);
});

describe("tools", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } } };

  test("are flat, and not strict unless the client says so", () => {
    expect(
      written({
        tools: [
          { type: "function", function: { name: "a", description: "d", parameters, strict: true } },
          { type: "function", function: { name: "b", parameters } },
          { type: "function", function: { name: "c", strict: false }, cache_control: {} },
          { type: "web_search", filters: {} },
        ],
      }),
    ).toEqual([
      {
        tools: [
          { type: "function", name: "a", description: "d", parameters, strict: true },
          { type: "function", name: "b", parameters, strict: false },
          {
            type: "function",
            name: "c",
            parameters: { type: "object", properties: {} },
            strict: false,
          },
          { type: "web_search", filters: {} },
        ],
      },
      ["tools.cache_control"],
    ]);
  });

  test.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [
      { type: "function", function: { name: "a" } },
      { type: "function", name: "a" },
    ],
  ])("are chosen by %j", (choice, sent) => {
    expect(encode({ tool_choice: choice }).body["tool_choice"]).toEqual(sent);
  });
});
