/** A conversation as input items: every role in its place, every part, and reasoning with the calls that it led to. */
import { describe, expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { contextOf, encode } from "./encode.ts";

const inputOf = (messages: readonly object[], context = contextOf()) =>
  encode({ messages }, context).body["input"];
const partsOf = (content: unknown) =>
  inputOf([{ role: "user", content }]) as [{ readonly content: unknown }];

test("keeps system and developer messages where they are", () => {
  expect(
    inputOf([
      { role: "developer", content: "a" },
      { role: "user", content: "b" },
      { role: "system", content: "c" },
    ]),
  ).toEqual([
    { type: "message", role: "developer", content: [{ type: "input_text", text: "a" }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: "b" }] },
    { type: "message", role: "system", content: [{ type: "input_text", text: "c" }] },
  ]);
});

test("repairs no empty message", () => {
  expect(inputOf([{ role: "user", content: "" }])).toEqual([
    { type: "message", role: "user", content: [{ type: "input_text", text: "" }] },
  ]);
});

test.each([
  [
    { type: "image_url", image_url: { url: "https://a.example/i.png", detail: "high" } },
    { type: "input_image", image_url: "https://a.example/i.png", detail: "high" },
  ],
  [
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
    { type: "input_image", image_url: "data:image/png;base64,AAAA" },
  ],
  [
    {
      type: "file",
      file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" },
    },
    {
      type: "input_file",
      file_data: "data:application/pdf;base64,AAAA",
      filename: "a.pdf",
    },
  ],
  [
    { type: "file", file: { file_data: "https://a.example/a.pdf" } },
    { type: "input_file", file_url: "https://a.example/a.pdf" },
  ],
  [
    { type: "file", file: { file_id: "file-1" } },
    { type: "input_file", file_id: "file-1" },
  ],
  [
    { type: "input_text", text: "a", prompt_cache_breakpoint: {} },
    { type: "input_text", text: "a", prompt_cache_breakpoint: {} },
  ],
])("writes the part %j", (part, written) => {
  expect(partsOf([part])[0].content).toEqual([written]);
});

test("refuses audio with its path", () => {
  const audio = { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } };
  const encodeAudio = () => inputOf([{ role: "user", content: [audio] }]);
  expect(encodeAudio).toThrow(RelayError);
  expect(encodeAudio).toThrow(
    expect.objectContaining({ code: "unsupported_params", param: "messages[0].content[0]" }),
  );
});

test("names what it cannot say of a message", () => {
  const { dropped } = encode({
    messages: [
      {
        role: "user",
        name: "bob",
        content: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }],
      },
      {
        role: "assistant",
        content: "b",
        reasoning_content: "hm",
        tool_calls: [
          {
            id: "c1",
            type: "function",
            cache_control: {},
            function: { name: "f", arguments: "{}" },
          },
        ],
      },
    ],
  });
  expect(dropped).toEqual([
    "messages.name",
    "messages.content.cache_control",
    "messages.tool_calls.cache_control",
    "messages.reasoning_content",
  ]);
});

const call = (id: string, text: string) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: text },
});

test("writes two rounds of tools, with raw arguments and outputs of text and of parts", () => {
  const image = { type: "image_url", image_url: { url: "https://a.example/i.png" } };
  expect(
    inputOf([
      { role: "user", content: "go" },
      { role: "assistant", content: "ok", tool_calls: [call("c1", '{"a": 1.0}'), call("c2", "")] },
      { role: "tool", tool_call_id: "c1", content: "sun" },
      { role: "tool", tool_call_id: "c2", content: [{ type: "text", text: "rain" }, image] },
      { role: "assistant", content: null, tool_calls: [call("c3", "{}")] },
      { role: "tool", tool_call_id: "c3", content: "" },
      { role: "assistant", content: "done", refusal: "but no" },
    ]),
  ).toEqual([
    { type: "message", role: "user", content: [{ type: "input_text", text: "go" }] },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "ok" }] },
    { type: "function_call", call_id: "c1", name: "weather", arguments: '{"a": 1.0}' },
    { type: "function_call", call_id: "c2", name: "weather", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "sun" },
    {
      type: "function_call_output",
      call_id: "c2",
      output: [
        { type: "input_text", text: "rain" },
        { type: "input_image", image_url: "https://a.example/i.png" },
      ],
    },
    { type: "function_call", call_id: "c3", name: "weather", arguments: "{}" },
    { type: "function_call_output", call_id: "c3", output: "" },
    {
      type: "message",
      role: "assistant",
      content: [
        { type: "output_text", text: "done" },
        { type: "refusal", refusal: "but no" },
      ],
    },
  ]);
});

test("sends a tool's result without its call as it is", () => {
  expect(inputOf([{ role: "tool", tool_call_id: "c9", content: "x" }])).toEqual([
    { type: "function_call_output", call_id: "c9", output: "x" },
  ]);
});

describe("encrypted reasoning", () => {
  const item = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "gAAA" };
  const called = { type: "function_call", call_id: "c1", name: "weather", arguments: "{}" };
  const turn = (more: object = {}) => [
    { role: "assistant", content: null, tool_calls: [call("c1", "{}")], ...more },
  ];

  test("that the client repeats comes before the turn's calls, without its status", () => {
    expect(inputOf(turn({ reasoning_details: [{ ...item, status: "completed" }] }))).toEqual([
      item,
      called,
    ]);
  });

  test("that the client forgot is remembered for the turn's first call", () => {
    const context = {
      ...contextOf(),
      remembered: (id: string) => (id === "c1" ? [item, { ...item, id: "rs_2" }] : []),
    };
    expect(inputOf(turn(), context)).toEqual([item, { ...item, id: "rs_2" }, called]);
    expect(inputOf(turn({ reasoning_details: [item] }), context)).toEqual([item, called]);
  });

  test("of an answer without calls comes back before its text", () => {
    expect(
      inputOf([{ role: "assistant", content: "hi", reasoning_details: [item] }]),
    ).toMatchObject([item, { type: "message", role: "assistant" }]);
  });

  test("is not named as dropped, though its text is", () => {
    const of = (more: object) => encode({ messages: turn(more) }).dropped;
    expect(of({ reasoning_content: "hm", reasoning_details: [item] })).toEqual([]);
    expect(of({ reasoning_content: "hm" })).toEqual(["messages.reasoning_content"]);
  });

  test("of another wire is never sent", () => {
    const foreign = [
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "redacted_thinking", data: "x" },
      { type: "reasoning.encrypted", data: "x", encrypted_content: "y" },
      { type: "reasoning", text: "hm" },
      { google: { thought_signature: "x" } },
    ];
    const context = { ...contextOf(), remembered: () => foreign };
    expect(inputOf(turn({ reasoning_details: foreign }), context)).toEqual([called]);
  });
});
