/** Streams of the Responses API as answers in the words of no protocol. */
import { describe, expect, test } from "vitest";
import { brokenStream } from "../../../../src/protocols/broken-stream.ts";
import { added, call, completed, done, type Message, read } from "./read.ts";

const stop = { kind: "finish", reason: "stop" };
const failures = (...messages: readonly Message[]) =>
  read(...messages).flatMap((event) => (event.kind === "failure" ? [event.failure] : []));

test("reads id, model, text and counts", () => {
  const item = { type: "message", id: "msg_1", role: "assistant", content: [] };
  const whole = { ...item, content: [{ type: "output_text", text: "Hello" }] };
  const at = { output_index: 0, content_index: 0, item_id: "msg_1" };
  const usage = {
    input_tokens: 30,
    input_tokens_details: { cached_tokens: 10, cache_write_tokens: 7 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 2 },
  };
  expect(
    read(
      ["created", { response: { id: "resp_1", model: "gpt-1" } }],
      ["in_progress", { response: { id: "resp_1" } }],
      added(0, item),
      ["content_part.added", at],
      ["output_text.delta", { ...at, delta: "Hel" }],
      ["output_text.delta", { ...at, item_id: "another id", delta: "lo" }],
      ["output_text.delta", { ...at, delta: "" }],
      ["output_text.done", { ...at, text: "Hello" }],
      ["content_part.done", at],
      done(0, whole),
      ["completed", { response: { output: [whole], usage } }],
    ),
  ).toEqual([
    { kind: "start", id: "resp_1", model: "gpt-1" },
    { kind: "text", text: "Hel" },
    { kind: "text", text: "lo" },
    {
      kind: "usage",
      usage: {
        tokensIn: 30,
        tokensOut: 5,
        tokensCached: 10,
        tokensCacheWrite: 7,
        tokensReasoning: 2,
      },
    },
    stop,
  ]);
});

test("reads Azure's name for a piece of text", () => {
  expect(
    read(added(0, { type: "message" }), ["text.delta", { output_index: 0, delta: "hi" }]),
  ).toEqual([{ kind: "text", text: "hi" }]);
});

test("reads log probabilities with the bytes that chat completions tells", () => {
  const logprobs = [{ token: "hi", logprob: -1, top_logprobs: [{ token: "ho", logprob: -2 }] }];
  expect(
    read(added(0, { type: "message" }), [
      "output_text.delta",
      { output_index: 0, delta: "hi", logprobs },
    ]),
  ).toEqual([
    {
      kind: "text",
      text: "hi",
      logprobs: [
        {
          token: "hi",
          bytes: null,
          logprob: -1,
          top_logprobs: [{ token: "ho", bytes: null, logprob: -2 }],
        },
      ],
    },
  ]);
});

test("reads a refusal", () => {
  expect(
    read(
      added(0, { type: "message" }),
      ["refusal.delta", { output_index: 0, delta: "I " }],
      ["refusal.delta", { output_index: 0, delta: "won't" }],
      completed,
    ),
  ).toEqual([{ kind: "refusal", text: "I " }, { kind: "refusal", text: "won't" }, stop]);
});

test.each([
  ["max_output_tokens", "length"],
  ["content_filter", "content_filter"],
  ["something new", "length"],
])("an answer that is incomplete for %s ends with %s", (reason, finish) => {
  expect(read(["incomplete", { response: { incomplete_details: { reason } } }])).toEqual([
    { kind: "finish", reason: finish },
  ]);
});

test("reads over what it does not know", () => {
  expect(
    read(
      ["queued"],
      ["web_search_call.searching", { output_index: 0 }],
      added(0, { type: "web_search_call", id: "ws_1" }),
      done(0, { type: "web_search_call", id: "ws_1" }),
      ["output_text.annotation.added", { output_index: 7 }],
      ["a.new.event", { delta: "x" }],
    ),
  ).toEqual([]);
});

describe("reasoning", () => {
  const item = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "gAAA" };

  test("has paragraphs, and state that the provider wants back", () => {
    const at = { output_index: 0 };
    const whole = { ...item, summary: [{ type: "summary_text", text: "a" }] };
    expect(
      read(
        added(0, item),
        ["reasoning_summary_part.added", { ...at, summary_index: 0 }],
        ["reasoning_summary_text.delta", { ...at, delta: "a" }],
        ["reasoning_summary_part.added", { ...at, summary_index: 1 }],
        ["reasoning_summary_text.delta", { ...at, delta: "b" }],
        ["reasoning_text.delta", { ...at, delta: "c" }],
        done(0, whole),
      ),
    ).toEqual([
      { kind: "reasoning", text: "a" },
      { kind: "reasoning", text: "\n\n" },
      { kind: "reasoning", text: "b" },
      { kind: "reasoning", text: "c" },
      { kind: "opaque", state: { value: whole } },
    ]);
  });

  test("without encryption has no state", () => {
    expect(read(added(0, item), done(0, { ...item, encrypted_content: null }))).toEqual([]);
  });

  test("in one piece is not lost", () => {
    const summary = ["a", "b"].map((text) => ({ type: "summary_text", text }));
    const content = [{ type: "reasoning_text", text: "c" }];
    const plain = { type: "reasoning" };
    expect(
      read(done(0, { ...plain, summary }), done(1, { ...plain, summary: [], content })),
    ).toEqual([
      { kind: "reasoning", text: "a\n\nb" },
      { kind: "reasoning", text: "c" },
    ]);
  });
});

describe("calls", () => {
  const begun = (index: number, id: string) => ({ kind: "call", index, id, name: `tool_${id}` });
  const args = (index: number, text: string) => ({ kind: "arguments", index, text });
  const delta = (output_index: number, text: string) =>
    ["function_call_arguments.delta", { output_index, delta: text }] as const;
  const finish = { kind: "finish", reason: "tool_calls" };

  test("have stable indexes when they come in turns, between other items", () => {
    expect(
      read(
        added(0, { type: "reasoning" }),
        added(1, call("a")),
        added(3, call("b")),
        delta(3, "{"),
        delta(1, '{"x":'),
        delta(3, "}"),
        delta(1, "1}"),
        ["function_call_arguments.done", { output_index: 1, arguments: '{"x":1}' }],
        done(1, call("a", { arguments: '{"x":1}' })),
        done(3, call("b", { arguments: "{}" })),
        completed,
      ),
    ).toEqual([
      begun(0, "a"),
      begun(1, "b"),
      args(1, "{"),
      args(0, '{"x":'),
      args(1, "}"),
      args(0, "1}"),
      finish,
    ]);
  });

  const whole = call("a", { arguments: '{"x":1}' });

  test.each([
    ["at its end", [added(0, call("a")), done(0, whole)]],
    ["at its beginning", [added(0, whole), done(0, whole)]],
    ["in an item that never began", [done(0, whole)]],
    [
      "at the end of its arguments",
      [
        added(0, call("a")),
        ["function_call_arguments.done", { output_index: 0, arguments: '{"x":1}' }],
        done(0, whole),
      ],
    ],
  ] as const)("keep arguments that come only %s", (_where, messages) => {
    expect(read(...messages, completed)).toEqual([begun(0, "a"), args(0, '{"x":1}'), finish]);
  });

  test.each([
    ["an end", [added(0, call("a")), done(0, call("a"))]],
    ["no end", [added(0, call("a"))]],
    [
      "empty pieces",
      [added(0, call("a")), delta(0, ""), done(0, call("a", { status: "completed" }))],
    ],
  ] as const)("without arguments have an empty object, with %s", (_how, messages) => {
    expect(read(...messages, completed)).toEqual([begun(0, "a"), args(0, "{}"), finish]);
  });

  test("that are cut short are not completed", () => {
    const details = { incomplete_details: { reason: "max_output_tokens" } };
    expect(
      read(
        added(0, call("a")),
        delta(0, '{"x'),
        done(0, call("a", { arguments: '{"x', status: "incomplete" })),
        added(1, call("b")),
        done(1, call("b", { status: "incomplete" })),
        ["incomplete", { response: details }],
      ),
    ).toEqual([begun(0, "a"), args(0, '{"x'), begun(1, "b"), { kind: "finish", reason: "length" }]);
  });
});

test("a message in one piece is not lost", () => {
  const content = [
    { type: "output_text", text: "a" },
    { type: "refusal", refusal: "b" },
  ];
  expect(read(done(0, { type: "message", content }))).toEqual([
    { kind: "text", text: "a" },
    { kind: "refusal", text: "b" },
  ]);
});

describe("failures", () => {
  const error = { code: "rate_limit_exceeded", message: "Slow down." };
  const limited = { status: 429, ...error, type: "api_error" };

  test.each([
    ["before the first word", []],
    [
      "after the first word",
      [added(0, { type: "message" }), ["output_text.delta", { output_index: 0, delta: "hi" }]],
    ],
  ] as const)("%s", (_when, before) => {
    expect(failures(...before, ["failed", { response: { error } }])).toEqual([limited]);
    expect(failures(...before, ["error", { ...error, param: null }])).toEqual([limited]);
    expect(failures(...before, ["error", { error: { ...error, type: "tokens" } }])).toEqual([
      { ...limited, type: "tokens" },
    ]);
  });

  test("of a request tell a status that a retry would not change", () => {
    const code = "invalid_image_url";
    expect(failures(["failed", { response: { error: { code, message: "x" } } }])).toEqual([
      { status: 400, type: "invalid_request_error", code, message: "x" },
    ]);
    const tooLong = "This model's maximum context length is 10 tokens.";
    expect(failures(["error", { code: null, message: tooLong }])).toMatchObject([
      { status: 400, code: "context_length_exceeded" },
    ]);
  });

  test("keep the counts", () => {
    expect(
      read(["failed", { response: { error, usage: { input_tokens: 3, output_tokens: 0 } } }]),
    ).toMatchObject([{ kind: "usage", usage: { tokensIn: 3 } }, { kind: "failure" }]);
  });

  test("without a reason are the provider's", () => {
    expect(failures(["failed", { response: {} }])).toMatchObject([{ status: 502 }]);
  });
});

describe("a provider breaks its protocol", () => {
  const unknown = "continued an output item that has not begun, or has ended";
  const twice = "began an output item that has begun already, or that has no number";

  test.each([
    ["with text of no item", [["output_text.delta", { output_index: 0, delta: "x" }]], unknown],
    ["with text without a number", [["output_text.delta", { delta: "x" }]], unknown],
    [
      "with arguments of no item",
      [["function_call_arguments.delta", { output_index: 0, delta: "x" }]],
      unknown,
    ],
    [
      "with arguments of a message",
      [
        added(0, { type: "message" }),
        ["function_call_arguments.done", { output_index: 0, arguments: "x" }],
      ],
      unknown,
    ],
    [
      "with arguments after the end",
      [done(0, call("a")), ["function_call_arguments.delta", { output_index: 0, delta: "x" }]],
      unknown,
    ],
    ["with an item that begins twice", [added(0, call("a")), added(0, call("b"))], twice],
    [
      "with an item that changes its type",
      [added(0, { type: "message" }), done(0, call("a"))],
      "ended an output item as one of another type",
    ],
  ] as const)("%s", (_how, messages, what) => {
    expect(read(...messages).filter(({ kind }) => kind === "failure")).toEqual([
      brokenStream(what),
    ]);
  });

  test("with more items than any answer has", () => {
    const messages = Array.from({ length: 10_001 }, (_, at) => added(at, { type: "message" }));
    expect(read(...messages)).toEqual([brokenStream("began more than 10000 output items")]);
  });

  test("not with an item that ends twice", () => {
    expect(read(done(0, call("a")), done(0, call("a")))).toHaveLength(2);
  });
});
