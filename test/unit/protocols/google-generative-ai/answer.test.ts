import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import { createAnswerReader } from "../../../../src/protocols/google-generative-ai/answer.ts";

const parts = (...list: object[]) => ({
  candidates: [{ content: { role: "model", parts: list } }],
});
const finish = (finishReason: string, more: object = {}) => ({
  candidates: [{ finishReason, ...more }],
});
const started = { kind: "start", id: undefined, model: undefined };

/** All events but the first, which begins the answer. */
function read(...messages: Record<string, unknown>[]): AnswerEvent[] {
  const reader = createAnswerReader();
  const events = messages.flatMap((message) => reader.push(message));
  expect(events[0]).toMatchObject({ kind: "start" });
  return [...events.slice(1), ...reader.end()];
}

const argumentsOf = (events: readonly AnswerEvent[]) =>
  events.flatMap((event) => (event.kind === "arguments" ? [JSON.parse(event.text)] : []));

describe("words", () => {
  test("begin with the answer's id and model, once", () => {
    const reader = createAnswerReader();
    const head = { responseId: "r", modelVersion: "gemini-x" };
    expect(reader.push({ ...head, ...parts({ text: "a" }) })).toEqual([
      { kind: "start", id: "r", model: "gemini-x" },
      { kind: "text", text: "a" },
    ]);
    expect(reader.push({ ...head, ...parts({ text: "b" }) })).toEqual([
      { kind: "text", text: "b" },
    ]);
  });

  test("thoughts are reasoning, and what is empty or unknown is read over", () => {
    const events = read(
      parts({ text: "hm", thought: true }, { text: "" }, { executableCode: {} }),
      finish("STOP"),
    );
    expect(events).toEqual([
      { kind: "reasoning", text: "hm" },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("a signature belongs to the whole answer", () => {
    expect(read(parts({ text: "", thoughtSignature: "s" }))).toEqual([
      {
        kind: "opaque",
        state: { value: { type: "text", google: { thought_signature: "s" } } },
      },
    ]);
  });

  test("only the first candidate is read", () => {
    const other = { index: 1, content: { parts: [{ text: "other" }] }, finishReason: "STOP" };
    expect(read({ candidates: [other] })).toEqual([]);
  });
});

describe("calls", () => {
  test("have their id, name, arguments and signature", () => {
    const functionCall = { id: "c1", name: "f", args: { a: [1] } };
    expect(read(parts({ functionCall, thoughtSignature: "s" }), finish("STOP"))).toEqual([
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: '{"a":[1]}' },
      {
        kind: "opaque",
        state: { callIndex: 0, value: { google: { thought_signature: "s" } } },
      },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("have ids of their own, made if the provider gives none or repeats one", () => {
    const one = { functionCall: { id: "c1", name: "f" } };
    const events = read(parts(one, one, { functionCall: { name: "f" } }));
    const ids = events.flatMap((event) => (event.kind === "call" ? [event.id] : []));
    expect(ids).toEqual(["c1", expect.stringMatching(/^call_/), expect.stringMatching(/^call_/)]);
    expect(new Set(ids).size).toBe(3);
  });

  test("without arguments have an empty object", () => {
    expect(argumentsOf(read(parts({ functionCall: { name: "f" } })))).toEqual([{}]);
  });
});

describe("arguments in pieces", () => {
  const piece = (jsonPath: string, value: object, more: object = { willContinue: true }) =>
    parts({ functionCall: { partialArgs: [{ jsonPath, ...value }], ...more } });
  const begin = (name: string) => parts({ functionCall: { name, willContinue: true } });
  const end = parts({ functionCall: {} });

  test("are put together by their paths", () => {
    const events = read(
      begin("cook"),
      piece("$.items[0].name", { stringValue: "Bos", willContinue: true }),
      piece("$.items[0].name", { stringValue: "ton" }),
      parts({ functionCall: { willContinue: true } }),
      piece("$.items[1]['a.b']", { numberValue: 0.5 }),
      piece("$.ok", { boolValue: false }),
      piece("$.__proto__", { nullValue: "NULL_VALUE" }),
      end,
      begin("next"),
      piece("$.x", { stringValue: "" }, {}),
      finish("STOP"),
    );
    expect(argumentsOf(events)).toEqual([
      JSON.parse('{"items":[{"name":"Boston"},{"a.b":0.5}],"ok":false,"__proto__":null}'),
      { x: "" },
    ]);
    expect(events.at(-1)).toEqual({ kind: "finish", reason: "tool_calls" });
  });

  test("end with the answer, if nothing else ended them", () => {
    expect(argumentsOf(read(begin("f"), piece("$.a", { numberValue: 1 }), finish("STOP")))).toEqual(
      [{ a: 1 }],
    );
  });

  test("of an answer that was cut off do not look whole", () => {
    const events = read(begin("f"), piece("$.a", { stringValue: "de" }), finish("MAX_TOKENS"));
    expect(argumentsOf(events)).toEqual([]);
    expect(events.at(-1)).toEqual({ kind: "finish", reason: "length" });
  });

  test.each([
    ["without a call", [piece("$.a", { numberValue: 1 })]],
    ["at no path", [begin("f"), piece("a", { numberValue: 1 })]],
    ["at a path that does not end", [begin("f"), piece("$['a", { numberValue: 1 })]],
    ["that leave out an element", [begin("f"), piece("$.a[7]", { numberValue: 1 })]],
    ["of a text's member", [begin("f"), piece("$.a", { stringValue: "x" }), piece("$.a.b", {})]],
    ["too deep", [begin("f"), piece(`$${".a".repeat(100)}`, { numberValue: 1 })]],
  ])("%s break the stream", (_what, messages) => {
    expect(read(...messages)).toContainEqual(
      expect.objectContaining({
        kind: "failure",
        failure: expect.objectContaining({ code: "upstream_unreadable" }),
      }),
    );
  });
});

describe("the end", () => {
  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["LANGUAGE", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
    ["UNHEARD_OF", "stop"],
  ])("%s is %s", (reason, finished) => {
    expect(read(finish(reason))).toEqual([{ kind: "finish", reason: finished }]);
  });

  test.each(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])("%s is a failure", (reason) => {
    expect(read(finish(reason, { finishMessage: "no" }))).toContainEqual({
      kind: "failure",
      failure: { status: 502, message: "no", type: "api_error", code: reason },
    });
  });

  test("a blocked prompt has no candidate", () => {
    expect(read({ promptFeedback: { blockReason: "OTHER" } })).toEqual([
      { kind: "finish", reason: "content_filter" },
    ]);
  });

  test("without a reason the answer has no end", () => {
    expect(read(parts({ text: "a" }))).toEqual([{ kind: "text", text: "a" }]);
  });

  test("a reason in every event ends the answer once", () => {
    const said = { content: { parts: [{ text: "a" }] } };
    expect(read(finish("STOP", said), finish("STOP", said))).toEqual([
      { kind: "text", text: "a" },
      { kind: "text", text: "a" },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("an error within the stream is a failure with its status", () => {
    const error = { code: 503, message: "overloaded", status: "UNAVAILABLE" };
    expect(createAnswerReader().push({ error })).toEqual([
      {
        kind: "failure",
        failure: { status: 503, message: "overloaded", type: "api_error", code: "UNAVAILABLE" },
      },
    ]);
  });
});

test("counts thoughts as output, and what Google's tools read as input", () => {
  const usageMetadata = {
    promptTokenCount: 55,
    cachedContentTokenCount: 5,
    candidatesTokenCount: 51,
    thoughtsTokenCount: 56,
    toolUsePromptTokenCount: 89,
    totalTokenCount: 251,
  };
  const reader = createAnswerReader();
  expect(reader.push({ usageMetadata: { trafficType: "ON_DEMAND" } })).toEqual([started]);
  expect(reader.push({ usageMetadata })).toEqual([
    {
      kind: "usage",
      usage: {
        tokensIn: 144,
        tokensOut: 107,
        tokensCached: 5,
        tokensCacheWrite: 0,
        tokensReasoning: 56,
      },
    },
  ]);
});
