/** How a stream of Anthropic's Messages API is read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import { anthropicMessages } from "../../../../src/protocols/anthropic-messages/wire.ts";

type Json = Readonly<Record<string, unknown>>;

function read(messages: readonly Json[]): AnswerEvent[] {
  const reader = anthropicMessages.read();
  return [...messages.flatMap((message) => reader.push(message)), ...reader.end()];
}

const begin = (index: unknown, block: unknown): Json => ({
  type: "content_block_start",
  index,
  content_block: block,
});
const delta = (index: unknown, value: unknown): Json => ({
  type: "content_block_delta",
  index,
  delta: value,
});
const stop = (index: unknown): Json => ({ type: "content_block_stop", index });
const start = (usage?: object): Json => ({
  type: "message_start",
  message: { id: "msg_1", model: "claude", ...(usage && { usage }) },
});
const finish = (reason: unknown, usage?: object): Json => ({
  type: "message_delta",
  delta: { stop_reason: reason },
  ...(usage && { usage }),
});
const json = (index: number, partial_json: string) =>
  delta(index, { type: "input_json_delta", partial_json });
const tool = (id: unknown, name: unknown, input: unknown = {}) => ({
  type: "tool_use",
  id,
  name,
  input,
});

const broken = {
  kind: "failure",
  failure: expect.objectContaining({ status: 502, code: "upstream_unreadable" }),
};
const usageOf = (events: readonly AnswerEvent[]) =>
  events.flatMap((event) => (event.kind === "usage" ? [event.usage] : []));

test("texts come in their order, between the begin and the finish", () => {
  expect(
    read([
      start(),
      { type: "ping" },
      begin(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "Hel" }),
      delta(0, { type: "text_delta", text: "" }),
      delta(0, { type: "text_delta", text: "lo" }),
      stop(0),
      begin(1, { type: "text", text: "!" }),
      stop(1),
      finish("end_turn"),
      { type: "message_stop" },
    ]),
  ).toEqual([
    { kind: "start", id: "msg_1", model: "claude" },
    { kind: "text", text: "Hel" },
    { kind: "text", text: "lo" },
    { kind: "text", text: "!" },
    { kind: "finish", reason: "stop" },
  ]);
});

describe("reasoning", () => {
  test("is text, and opaque state with its signature", () => {
    expect(
      read([
        begin(0, { type: "thinking", thinking: "", signature: "" }),
        delta(0, { type: "thinking_delta", thinking: "h" }),
        delta(0, { type: "thinking_delta", thinking: "m" }),
        delta(0, { type: "signature_delta", signature: "si" }),
        delta(0, { type: "signature_delta", signature: "g" }),
        stop(0),
      ]),
    ).toEqual([
      { kind: "reasoning", text: "h" },
      { kind: "reasoning", text: "m" },
      {
        kind: "opaque",
        state: { value: { type: "thinking", thinking: "hm", signature: "sig" } },
      },
    ]);
  });

  test("without a signature is text only", () => {
    const thinking = delta(0, { type: "thinking_delta", thinking: "h" });
    expect(read([begin(0, { type: "thinking" }), thinking, stop(0)])).toEqual([
      { kind: "reasoning", text: "h" },
    ]);
  });

  test("that is redacted is opaque state", () => {
    const block = { type: "redacted_thinking", data: "x" };
    expect(read([begin(0, block), stop(0)])).toEqual([{ kind: "opaque", state: { value: block } }]);
  });
});

describe("calls", () => {
  test("have their own indexes, and their arguments in pieces, in turns or not", () => {
    expect(
      read([
        begin(0, { type: "text", text: "" }),
        begin(1, tool("c1", "f")),
        begin(2, tool("c2", "g")),
        json(2, '{"b":'),
        json(1, '{"a"'),
        json(2, "2}"),
        json(1, ":1}"),
        stop(1),
        stop(2),
        finish("tool_use"),
      ]),
    ).toEqual([
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "call", index: 1, id: "c2", name: "g" },
      { kind: "arguments", index: 1, text: '{"b":' },
      { kind: "arguments", index: 0, text: '{"a"' },
      { kind: "arguments", index: 1, text: "2}" },
      { kind: "arguments", index: 0, text: ":1}" },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("without arguments end as an empty object", () => {
    expect(read([begin(0, tool("c1", "f")), json(0, ""), stop(0)])).toEqual([
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: "{}" },
    ]);
  });

  test("may have all of their arguments at once", () => {
    expect(read([begin(0, tool("c1", "f", { a: 1 })), stop(0)])).toEqual([
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: '{"a":1}' },
    ]);
  });

  test.each([tool(undefined, "f"), tool("c1", undefined), tool(5, {})])(
    "without an id or a name break the stream: %j",
    (block) => {
      expect(read([begin(0, block)])).toEqual([broken]);
    },
  );
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  ["of next year", "stop"],
])("the stop reason %s is the finish %s", (reason, finished) => {
  expect(read([start(), finish(reason)]).at(-1)).toEqual({ kind: "finish", reason: finished });
});

test("an answer without a stop reason has no finish", () => {
  expect(read([finish(null), finish(5), { type: "message_stop" }])).toEqual([]);
});

describe("counts", () => {
  test("of input include the cache", () => {
    const counts = {
      input_tokens: 10,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 3,
      output_tokens: 1,
    };
    expect(usageOf(read([start(counts)]))).toEqual([
      { tokensIn: 33, tokensOut: 1, tokensCached: 20, tokensCacheWrite: 3 },
    ]);
  });

  test("that come later correct the earlier ones, each by itself", () => {
    const first = { input_tokens: 43, cache_read_input_tokens: 5, output_tokens: 1 };
    const last = { input_tokens: 61, cache_read_input_tokens: null, output_tokens: 9 };
    expect(usageOf(read([start(first), finish("end_turn", last)])).at(-1)).toEqual({
      tokensIn: 66,
      tokensOut: 9,
      tokensCached: 5,
      tokensCacheWrite: 0,
    });
  });

  test("are no names of inherited members", () => {
    const usage = JSON.parse('{"__proto__":{"input_tokens":5},"constructor":1}');
    expect(usageOf(read([start(usage)]))).toEqual([
      { tokensIn: 0, tokensOut: 0, tokensCached: 0, tokensCacheWrite: 0 },
    ]);
  });
});

describe("an error", () => {
  const error = (type: string, message = "no") => ({ type: "error", error: { type, message } });

  test("is a failure, before the first word and after it", () => {
    const failure = {
      kind: "failure",
      failure: { status: 529, message: "no", type: "overloaded_error", code: undefined },
    };
    expect(read([error("overloaded_error")])).toEqual([failure]);
    expect(
      read([start(), begin(0, { type: "text", text: "a" }), error("overloaded_error")]).at(-1),
    ).toEqual(failure);
  });

  test("of an unknown type is the provider's fault", () => {
    expect(read([error("new_error")])).toMatchObject([{ failure: { status: 502 } }]);
  });

  test("may be about the length of the conversation", () => {
    expect(
      read([error("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum")]),
    ).toMatchObject([{ failure: { status: 400, code: "context_length_exceeded" } }]);
  });
});

describe("what is not known is read over", () => {
  test.each([
    {},
    { type: "content_block_ping" },
    { type: "message_start" },
    { type: "message_delta" },
    { type: "error" },
    { type: 5 },
    stop(7),
  ])("%j", (message) => {
    expect(read([message]).filter(({ kind }) => kind !== "start")).toEqual([]);
  });

  test("blocks and deltas of other types", () => {
    const block = { type: "server_tool_use", id: "s1", name: "web_search", input: {} };
    expect(
      read([
        begin(0, block),
        json(0, '{"q":1}'),
        delta(0, { type: "citations_delta", citation: {} }),
        stop(0),
      ]),
    ).toEqual([]);
  });
});

describe("a wrong index breaks the stream", () => {
  const block = { type: "text", text: "" };
  test.each([
    ["a block that begins twice", [begin(0, block), begin(0, block)]],
    ["a block without a number", [begin("0", block)]],
    ["a block that is none", [begin(0, null)]],
    ["a delta of no block", [delta(0, { type: "text_delta", text: "a" })]],
    ["a delta of another block", [begin(0, block), delta(1, { type: "text_delta", text: "a" })]],
    ["a delta after the stop", [begin(0, block), stop(0), delta(0, { type: "text_delta" })]],
    ["a delta that is none", [begin(0, block), delta(0, "a")]],
    ["too many blocks", Array.from({ length: 1025 }, (_, at) => begin(at, block))],
  ])("%s", (_what, messages) => {
    expect(read(messages)).toEqual([broken]);
  });
});

test("no message makes the reader throw, and calls are well-formed", () => {
  const foreign = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>("__proto__", "constructor", -1, 1e308, Number.NaN, ""),
  );
  const some = (members: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc.oneof({ weight: 6, arbitrary: fc.record(members, { requiredKeys: [] }) }, foreign);
  const types = [
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "error",
  ];
  const kinds = ["text", "thinking", "redacted_thinking", "tool_use"];
  const deltas = ["text_delta", "thinking_delta", "signature_delta", "input_json_delta"];
  const usage = some({ input_tokens: foreign, output_tokens: foreign, ["__proto__"]: foreign });
  const message = fc.record(
    {
      type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...types) }, foreign),
      index: fc.oneof({ weight: 4, arbitrary: fc.nat(2) }, foreign),
      message: some({ id: foreign, model: foreign, usage }),
      content_block: some({
        type: fc.constantFrom(...kinds),
        id: fc.oneof(fc.constant("c1"), foreign),
        name: fc.oneof(fc.constant("f"), foreign),
        input: foreign,
        text: foreign,
        thinking: foreign,
        signature: foreign,
      }),
      delta: some({
        type: fc.constantFrom(...deltas),
        text: foreign,
        thinking: foreign,
        signature: foreign,
        partial_json: foreign,
        stop_reason: foreign,
      }),
      error: some({ type: foreign, message: foreign }),
      usage,
    },
    { requiredKeys: ["type"] },
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
      const begun = new Set<number>();
      const isSound = (event: AnswerEvent): boolean => {
        switch (event.kind) {
          case "call":
            begun.add(event.index);
            return event.index === begun.size - 1 && typeof event.id === "string";
          case "arguments":
            return begun.has(event.index) && event.text !== "";
          case "text":
          case "reasoning":
            return typeof event.text === "string" && event.text !== "";
          default:
            return true;
        }
      };
      expect(read(messages).filter((event) => !isSound(event))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
