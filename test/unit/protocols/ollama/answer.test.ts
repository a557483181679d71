/** How a stream of Ollama's is read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import { ollama } from "../../../../src/protocols/ollama/wire.ts";

type Line = Readonly<Record<string, unknown>>;

function read(lines: readonly Line[]): AnswerEvent[] {
  const reader = ollama.read();
  return [...lines.flatMap((line) => reader.push(line)), ...reader.end()];
}

const said = (message: object, more: object = {}): Line => ({
  model: "qwen3",
  created_at: "2026-10-26T17:21:21.196249Z",
  message: { role: "assistant", content: "", ...message },
  done: false,
  ...more,
});
const done = (more: object = {}) => said({}, { done: true, done_reason: "stop", ...more });

const start = { kind: "start", model: "qwen3" };
const kinds = (events: readonly AnswerEvent[]) => events.map(({ kind }) => kind);
const finishOf = (events: readonly AnswerEvent[]) =>
  events.flatMap((event) => (event.kind === "finish" ? [event.reason] : []));

test("reasoning and text come in their order, and the counts with the end", () => {
  expect(
    read([
      said({ thinking: "h" }),
      said({ thinking: "m" }),
      said({ content: "Hi" }),
      said({ content: "" }),
      said(
        { content: "!" },
        {
          done: true,
          done_reason: "stop",
          prompt_eval_count: 30,
          prompt_eval_cached_count: 12,
          eval_count: 4,
        },
      ),
    ]),
  ).toEqual([
    start,
    { kind: "reasoning", text: "h" },
    { kind: "reasoning", text: "m" },
    { kind: "text", text: "Hi" },
    { kind: "text", text: "!" },
    {
      kind: "usage",
      usage: { tokensIn: 30, tokensOut: 4, tokensCached: 12, tokensCacheWrite: 0 },
    },
    { kind: "finish", reason: "stop" },
  ]);
});

describe("counts", () => {
  test.each([
    [{ eval_count: 4 }, { tokensIn: 0, tokensOut: 4, tokensCached: 0 }],
    [{ prompt_eval_count: 9 }, { tokensIn: 9, tokensOut: 0, tokensCached: 0 }],
    [
      { prompt_eval_count: 9, prompt_eval_cached_count: 99, eval_count: -1 },
      { tokensIn: 9, tokensOut: 0, tokensCached: 9 },
    ],
    [
      { prompt_eval_count: "9", eval_count: 1e308 },
      { tokensIn: 0, tokensOut: Number.MAX_SAFE_INTEGER, tokensCached: 0 },
    ],
  ])("of %j are %j", (more, usage) => {
    const [, event] = read([done(more)]);
    expect(event).toEqual({ kind: "usage", usage: { ...usage, tokensCacheWrite: 0 } });
  });

  test("are not made up", () => {
    expect(kinds(read([done()]))).toEqual(["start", "finish"]);
  });
});

test("probabilities of tokens come with their text, or with none", () => {
  const first = { token: "H", logprob: -0.1, bytes: [72] };
  const lines = [
    said({ content: "Hi" }, { logprobs: [{ ...first, top_logprobs: [first, { token: "h" }] }] }),
    said({}, { logprobs: [{ token: "i", logprob: -2 }, null, "x"] }),
    said({}, { logprobs: "x" }),
  ];
  expect(read(lines)).toEqual([
    start,
    {
      kind: "text",
      text: "Hi",
      logprobs: [{ ...first, top_logprobs: [first, { token: "h", bytes: null }] }],
    },
    {
      kind: "text",
      text: "",
      logprobs: [{ token: "i", logprob: -2, bytes: null, top_logprobs: [] }],
    },
  ]);
});

describe("calls", () => {
  const call = (name: string, values: unknown, id?: unknown) => ({
    ...(id === undefined ? {} : { id }),
    function: { name, arguments: values },
  });

  test("come whole, each with its index", () => {
    expect(
      read([
        said({ tool_calls: [call("f", { a: "é" }, "c1"), call("g", {}, "c2")] }),
        said({ tool_calls: [call("f", { a: [1] }, "c3")] }),
        done(),
      ]),
    ).toEqual([
      start,
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: '{"a":"é"}' },
      { kind: "call", index: 1, id: "c2", name: "g" },
      { kind: "arguments", index: 1, text: "{}" },
      { kind: "call", index: 2, id: "c3", name: "f" },
      { kind: "arguments", index: 2, text: '{"a":[1]}' },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("without ids, or with the id of another call, get their own", () => {
    const calls = [call("f", {}), call("f", {}, ""), call("f", {}, "c"), call("f", {}, "c")];
    const ids = read([said({ tool_calls: calls })]).flatMap((event) =>
      event.kind === "call" ? [event.id] : [],
    );
    expect(new Set(ids).size).toBe(4);
    expect(ids[2]).toBe("c");
    for (const id of [ids[0], ids[1], ids[3]]) {
      expect(id).toMatch(/^call_[\da-f-]{36}$/);
    }
  });

  test.each([
    [undefined, "{}"],
    [null, "{}"],
    ["", "{}"],
    ['{"a":1}', '{"a":1}'],
  ])("have JSON as their arguments: %j is %s", (values, text) => {
    const events = read([said({ tool_calls: [call("f", values)] })]);
    expect(events.at(-1)).toEqual({ kind: "arguments", index: 0, text });
  });

  test.each([null, 5, {}, { function: null }, { function: {} }, { function: { name: "" } }])(
    "without a name break the stream: %j",
    (value) => {
      const events = read([said({ tool_calls: [value] })]);
      expect(events.at(-1)).toMatchObject({
        kind: "failure",
        failure: { status: 502, code: "upstream_unreadable" },
      });
    },
  );
});

describe("the end", () => {
  test.each([
    ["stop", "stop"],
    ["length", "length"],
    ["load", "stop"],
    ["unload", "stop"],
    ["", "stop"],
    [undefined, "stop"],
    [5, "stop"],
  ])("of %j is %s", (done_reason, reason) => {
    expect(finishOf(read([said({ content: "a" }), done({ done_reason })]))).toEqual([reason]);
  });

  test("by length is no call, though a call came", () => {
    const call = said({ tool_calls: [{ function: { name: "f" } }] });
    expect(finishOf(read([call, done({ done_reason: "length" })]))).toEqual(["length"]);
  });

  test("needs no message", () => {
    expect(read([{ done: true, model: 5 }])).toEqual([
      { kind: "start" },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("is missing in an answer that is cut", () => {
    expect(kinds(read([said({ content: "a" })]))).toEqual(["start", "text"]);
    expect(read([])).toEqual([]);
  });

  test("is the end: later lines are not read", () => {
    expect(kinds(read([done(), said({ content: "a" }), { error: "no" }, done()]))).toEqual([
      "start",
      "finish",
    ]);
  });
});

describe("a line with an error", () => {
  const failure = (error: unknown, more: object = {}) => read([{ error, ...more }]);

  test("is a failure, before the first word and after it", () => {
    const event = {
      kind: "failure",
      failure: { status: 502, message: "oops", type: "api_error" },
    };
    expect(failure("oops")).toEqual([event]);
    expect(read([said({ content: "a" }), { error: "oops" }]).at(-1)).toEqual(event);
  });

  test("may state a status", () => {
    expect(failure("no", { status: 429 })).toMatchObject([{ failure: { status: 429 } }]);
    for (const status of [200, 700, 4.5, "429", null]) {
      expect(failure("no", { status })).toMatchObject([{ failure: { status: 502 } }]);
    }
  });

  test("may be about the length of the conversation", () => {
    expect(failure("input length exceeds maximum context length")).toMatchObject([
      { failure: { status: 400, code: "context_length_exceeded", type: "invalid_request_error" } },
    ]);
  });

  test.each([5, {}, [], true])("that is no text breaks the stream: %j", (error) => {
    expect(failure(error)).toMatchObject([
      { kind: "failure", failure: { code: "upstream_unreadable" } },
    ]);
  });
});

test("lines that say nothing are read over", () => {
  expect(read([{}, { done: false }, { message: "x" }, { status: "pulling" }])).toEqual([]);
});

function isSound(event: AnswerEvent): boolean {
  switch (event.kind) {
    case "usage":
      return event.usage.tokensCached <= event.usage.tokensIn;
    case "text":
      return typeof event.text === "string" && (event.text !== "" || event.logprobs !== undefined);
    case "reasoning":
    case "arguments":
      return typeof event.text === "string" && event.text !== "";
    default:
      return true;
  }
}

test("no line makes the reader throw, and what it says is well-formed", () => {
  const foreign = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>("__proto__", "constructor", -1, 1e308, Number.NaN, "", "\ud800"),
  );
  const called = fc.oneof(
    foreign,
    fc.record(
      { id: foreign, function: fc.record({ name: foreign, arguments: foreign }) },
      { requiredKeys: [] },
    ),
  );
  const message = fc.oneof(
    foreign,
    fc.record(
      { content: foreign, thinking: foreign, tool_calls: fc.oneof(foreign, fc.array(called)) },
      { requiredKeys: [] },
    ),
  );
  const line = fc.record(
    {
      model: foreign,
      message,
      done: fc.oneof(fc.boolean(), foreign),
      done_reason: foreign,
      error: fc.option(foreign, { freq: 8 }),
      status: foreign,
      logprobs: fc.oneof(foreign, fc.array(fc.record({ token: foreign, top_logprobs: foreign }))),
      prompt_eval_count: foreign,
      prompt_eval_cached_count: foreign,
      eval_count: foreign,
      ["__proto__"]: foreign,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const events = read(lines);
      const calls = events.filter(({ kind }) => kind === "call");
      expect(calls.map((event) => event.kind === "call" && event.index)).toEqual(
        calls.map((_, at) => at),
      );
      expect(finishOf(events).length).toBeLessThanOrEqual(1);
      expect(events.filter((event) => !isSound(event))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
