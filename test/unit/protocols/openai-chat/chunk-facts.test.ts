/** What a scan of a chunk's bytes finds is what its parsed JSON says. */
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { factsOf, fact } from "../../../../src/protocols/openai-chat/chunk-facts.ts";
import type { StreamEvent } from "../../../../src/text/event-reader.ts";
import { chunk, event } from "../../../support/provider.ts";
import { eventsOf } from "../../../support/sse.ts";

const none = Buffer.alloc(0);
/** The facts by the parsed JSON alone: there are no bytes to scan. */
const parsed = ({ data, json, bytes, boundary }: StreamEvent) =>
  factsOf({ data, json, bytes, boundary, source: none, start: 0, end: 0, note: undefined });

const names = [
  "choices",
  "delta",
  "error",
  "usage",
  "index",
  "finish_reason",
  "text",
  "role",
  "content",
  "tool_calls",
  "__proto__",
  "é",
];
const space = fc.constantFrom("", "", "", " ", "\t", "  ", "\n", "\r\n");
const spaced = (parts: fc.Arbitrary<readonly string[]>) =>
  fc
    .tuple(parts, fc.array(space, { minLength: 1, maxLength: 5 }))
    .map(([texts, spaces]) =>
      texts.map((text, at) => (spaces[at % spaces.length] ?? "") + text).join(""),
    );
/** A name as it is, or with its first character as an escape. */
const name = fc
  .tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 9 }))
  .map(([text, at]) =>
    at === 0
      ? `"\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}${text.slice(1)}"`
      : JSON.stringify(text),
  );
const scalar = fc.oneof(
  fc.constantFrom("null", "true", "false", '""', "0", "1", "-0", "0.5e-3", "1024", '"stop"'),
  fc.constantFrom('"\\u00e9\\n\\"}"', '"\\q"', '"\\u12"', '"[DONE]"', "01", "1.", "nul", "-", "é"),
  fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
  fc.double().map((value) => JSON.stringify(value) ?? "null"),
);
const listOf = (all: readonly string[]) => {
  const parts = all.flatMap((one, at) => (at === 0 ? [one] : [",", one]));
  return ["["].concat(parts, "]");
};
const objectOf = (all: readonly (readonly [string, string])[]) => {
  const parts = all.flatMap(([key, one], at) => (at === 0 ? [key] : [",", key]).concat(":", one));
  return ["{"].concat(parts, "}");
};
const { value: json } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "medium" },
    scalar,
    tie("object"),
    spaced(fc.array(tie("value"), { maxLength: 2 }).map((all) => listOf(all))),
  ),
  object: spaced(
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((all) => objectOf(all)),
  ),
}));
/** Chunks as providers write them, with members of any name and value. */
const chunkText = fc
  .record({
    before: fc.array(fc.tuple(name, json), { maxLength: 2 }),
    choice: fc.array(fc.tuple(name, json), { maxLength: 3 }),
    delta: fc.array(fc.tuple(name, json), { maxLength: 3 }),
    after: fc.array(fc.tuple(name, json), { maxLength: 2 }),
    index: fc.constantFrom("0", "0 ", "1", "-1", "0.0", '"0"', "null"),
  })
  .map(({ before, choice, delta, after, index }) => {
    const members = (all: readonly (readonly [string, string])[]) =>
      all.map(([key, one]) => `${key}:${one}`);
    const choices = `"choices":[{${[`"index":${index}`, `"delta":{${members(delta).join(",")}}`, ...members(choice)].join(",")}}]`;
    return `{${[...members(before), choices, ...members(after)].join(",")}}`;
  });
const text = fc
  .tuple(
    fc.constantFrom(
      "data: ",
      "data: ",
      "data: ",
      "data:",
      "data:  ",
      "\n\ndata: ",
      "id: 1\ndata: ",
    ),
    fc.oneof(chunkText, json, fc.constantFrom("[DONE]", "[DONE] ", "[DONE", " [DONE]")),
    fc.constantFrom("\n\n", "\n\n", "\r\n\r\n", "\r\r", " \n\n", "\nevent: x\n\n", "x\n\n"),
  )
  .map((parts) => parts.join(""));

test("the facts of a chunk are the same, scanned or parsed", () => {
  fc.assert(
    fc.property(text, (written) => {
      for (const one of eventsOf(written)) {
        expect([written, factsOf(one)]).toEqual([written, parsed(one)]);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("the same holds when any byte is another", () => {
  const bytes = fc.constantFrom(...Buffer.from('"\\{}[]:, \n\u0001a0-.eé'), 0xff);
  fc.assert(
    fc.property(text, fc.nat(), bytes, (written, at, byte) => {
      const changed = Buffer.from(written);
      changed[at % changed.length] = byte;
      for (const one of eventsOf(changed)) {
        expect([changed, factsOf(one)]).toEqual([changed, parsed(one)]);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("a member counts with its last value, whatever its spelling", () => {
  for (const delta of [
    '{"content":"x","content":""}',
    '{"content":"x","conten\\u0074":""}',
    '{"content":"","content":"x"}',
  ]) {
    const [one] = eventsOf(`data: {"choices":[{"index":0,"delta":${delta}}]}\n\n`);
    expect(one && factsOf(one)).toBe(one && parsed(one));
  }
});

describe("is not parsed:", () => {
  test.each([
    ["text", event(chunk({ content: 'says "hi"\n{é' })), fact.output],
    ["a role", event(chunk({ role: "assistant", content: "" })), 0],
    ["a finish", event(chunk({}, "stop")), fact.finish],
    ["padding", event({ obfuscation: "x", ...chunk({ content: "x" }), usage: null }), fact.output],
    ["a call", event(chunk({ tool_calls: [{ index: 0 }] })), fact.output | fact.toolCalls],
  ])("a chunk with %s", (_what, written, facts) => {
    const parse = vi.spyOn(JSON, "parse");
    const [one] = eventsOf(written);
    expect(one && factsOf(one)).toBe(fact.object | fact.oneChoice | facts);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });
});
