/** The events of the host's runtime, in our words. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRuntimeReader } from "../../../../src/protocols/host-runtime/answer.ts";

function read(...events: readonly unknown[]) {
  const reader = createRuntimeReader();
  return events.flatMap((event) => reader.push(event));
}

const usage = { input: 3, output: 5, cacheRead: 10, cacheWrite: 7, reasoningTokens: 2 };
const counted = {
  kind: "usage",
  usage: {
    tokensIn: 20,
    tokensOut: 5,
    tokensCached: 10,
    tokensCacheWrite: 7,
    tokensReasoning: 2,
  },
};
const partial = { responseId: "msg_1", responseModel: "m-2026", content: [] as unknown[] };
const start = { kind: "start", id: "msg_1", model: "m-2026" };
const done = (content: readonly unknown[], reason = "stop") => ({
  type: "done",
  reason,
  message: { ...partial, content, usage },
});
const delta = (type: string, contentIndex: number, text: string, of: object = partial) => ({
  type,
  contentIndex,
  delta: text,
  partial: of,
});

test("reads reasoning and text, the counts and the finish", () => {
  const content = [
    { type: "thinking", thinking: "hm", thinkingSignature: "sig" },
    { type: "text", text: "Hello" },
  ];
  expect(
    read(
      { type: "start", partial: { content: [] } },
      { type: "thinking_start", contentIndex: 0, partial },
      delta("thinking_delta", 0, "hm"),
      { type: "thinking_end", contentIndex: 0, content: "hm", partial: { ...partial, content } },
      delta("text_delta", 1, "Hel"),
      // Deltas of text may come without what there is so far.
      { type: "text_delta", contentIndex: 1, delta: "lo" },
      { type: "text_end", contentIndex: 1, content: "Hello", partial },
      done(content),
    ),
  ).toEqual([
    start,
    { kind: "reasoning", text: "hm" },
    {
      kind: "opaque",
      state: { value: { type: "openclaw.thinking", thinking: "hm", thinkingSignature: "sig" } },
    },
    { kind: "text", text: "Hel" },
    { kind: "text", text: "lo" },
    counted,
    { kind: "finish", reason: "stop" },
  ]);
});

describe("calls", () => {
  const first = { type: "toolCall", id: "c1", name: "f", arguments: { a: 1 } };
  const second = { type: "toolCall", id: "c2", name: "g", arguments: {}, thoughtSignature: "t" };
  const content = [{ type: "text", text: "" }, first, second];
  const seen = { ...partial, content };

  test("have the index among calls, their arguments as text, and a signature", () => {
    expect(
      read(
        { type: "toolcall_start", contentIndex: 1, partial: seen },
        delta("toolcall_delta", 1, '{"a"', seen),
        { type: "toolcall_start", contentIndex: 2, partial: seen },
        delta("toolcall_delta", 1, ":1}", seen),
        { type: "toolcall_end", contentIndex: 1, toolCall: first, partial: seen },
        { type: "toolcall_end", contentIndex: 2, toolCall: second, partial: seen },
        done(content, "toolUse"),
      ),
    ).toEqual([
      start,
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: '{"a"' },
      { kind: "call", index: 1, id: "c2", name: "g" },
      { kind: "arguments", index: 0, text: ":1}" },
      { kind: "arguments", index: 1, text: "{}" },
      {
        kind: "opaque",
        state: { callIndex: 1, value: { type: "openclaw.call", thoughtSignature: "t" } },
      },
      counted,
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("wait for their name", () => {
    const nameless = { ...partial, content: [{ type: "toolCall", id: "", name: "" }] };
    expect(
      read(
        { type: "toolcall_start", contentIndex: 0, partial: nameless },
        delta("toolcall_delta", 0, "{", nameless),
        delta("toolcall_delta", 0, "}", { ...partial, content: [first] }),
      ),
    ).toEqual([
      start,
      { kind: "call", index: 0, id: "c1", name: "f" },
      { kind: "arguments", index: 0, text: "{" },
      { kind: "arguments", index: 0, text: "}" },
    ]);
  });
});

test("an answer that comes only with its end is read whole", () => {
  const content = [
    { type: "text", text: "Hello" },
    { type: "toolCall", id: "c1", name: "f", arguments: { a: 1 } },
  ];
  expect(read(done(content, "length"))).toEqual([
    start,
    { kind: "text", text: "Hello" },
    { kind: "call", index: 0, id: "c1", name: "f" },
    { kind: "arguments", index: 0, text: '{"a":1}' },
    counted,
    { kind: "finish", reason: "length" },
  ]);
});

test("a refusal is a filtered answer", () => {
  expect(createRuntimeReader().refusal({ ...partial, usage })).toEqual([
    start,
    counted,
    { kind: "finish", reason: "content_filter" },
  ]);
});

test("no event throws", () => {
  const block = fc.record(
    {
      type: fc.constantFrom("text", "toolCall", "thinking"),
      id: fc.anything(),
      name: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const anyEvent = fc.record(
    {
      type: fc.constantFrom(
        "start",
        "text_delta",
        "text_end",
        "toolcall_start",
        "toolcall_delta",
        "toolcall_end",
        "thinking_end",
        "done",
        "other",
      ),
      contentIndex: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.anything()),
      delta: fc.anything(),
      toolCall: fc.anything(),
      partial: fc.oneof(fc.anything(), fc.record({ content: fc.array(block) })),
      message: fc.oneof(
        fc.anything(),
        fc.record({ content: fc.array(block), usage: fc.anything() }),
      ),
    },
    { requiredKeys: ["type"] },
  );
  fc.assert(
    fc.property(fc.array(anyEvent), (events) => {
      const begun: number[] = [];
      const unbegun: number[] = [];
      for (const event of read(...events)) {
        if (event.kind === "call") {
          begun.push(event.index);
        } else if (event.kind === "arguments" && !begun.includes(event.index)) {
          unbegun.push(event.index);
        }
      }
      expect(begun).toEqual([...begun.keys()]);
      expect(unbegun).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
