/** Whatever comes, the Responses API's wire neither throws nor forgets. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RelayError } from "../../../../src/errors.ts";
import { createAnswerReader } from "../../../../src/protocols/openai-responses/answer.ts";
import { readError } from "../../../../src/protocols/openai-responses/error.ts";
import { openAiResponses } from "../../../../src/protocols/openai-responses/wire.ts";
import { contextOf } from "./encode.ts";
import { added, call, completed, done, read } from "./read.ts";

const json = fc.dictionary(fc.string(), fc.jsonValue());
const type = fc.constantFrom(
  "error",
  ...[
    "created",
    "completed",
    "incomplete",
    "failed",
    "output_item.added",
    "output_item.done",
    "output_text.delta",
    "refusal.delta",
    "reasoning_text.delta",
    "reasoning_summary_part.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
  ].map((name) => `response.${name}`),
);
const item = fc.oneof(
  json,
  fc.record(
    {
      type: fc.constantFrom("message", "reasoning", "function_call", "__proto__"),
      call_id: fc.jsonValue(),
      arguments: fc.jsonValue(),
      content: fc.oneof(fc.array(json), fc.jsonValue()),
      summary: fc.oneof(fc.array(json), fc.jsonValue()),
      encrypted_content: fc.jsonValue(),
      status: fc.constantFrom("completed", "incomplete"),
    },
    { requiredKeys: ["type"] },
  ),
);
const message = fc.record(
  {
    type,
    output_index: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.jsonValue()),
    item,
    delta: fc.jsonValue(),
    arguments: fc.jsonValue(),
    logprobs: fc.oneof(fc.array(json), fc.jsonValue()),
    response: fc.oneof(json, fc.record({ usage: json, error: json, incomplete_details: json })),
    error: fc.jsonValue(),
  },
  { requiredKeys: ["type"] },
);

test("any messages in any order are read without a throw, and give events that can be written", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(message, json), { maxLength: 20 }), (messages) => {
      const reader = createAnswerReader();
      const events = [...messages.flatMap((each) => reader.push(each)), ...reader.end()];
      const begun = events.flatMap((event) => (event.kind === "call" ? [event.index] : []));
      expect(begun).toEqual(begun.map((_index, at) => at));
      const continued = events.flatMap((event) => (event.kind === "arguments" ? event.index : []));
      expect(continued.filter((index) => !begun.includes(index))).toEqual([]);
      const statuses = events.flatMap((event) =>
        event.kind === "failure" ? [event.failure.status] : [],
      );
      expect(statuses.filter((status) => !(status >= 400 && status < 600))).toEqual([]);
      expect(JSON.parse(JSON.stringify(events))).toHaveLength(events.length);
    }),
  );
});

test("any body is an error or none, without a throw", () => {
  fc.assert(
    fc.property(fc.oneof(json, fc.record({ error: fc.jsonValue() })), (body) => {
      const error = readError(body);
      expect(typeof (error?.message ?? "")).toBe("string");
    }),
  );
});

test("arguments are the same however they are split, and whenever they come", () => {
  const pieces = fc.array(fc.string(), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, fc.boolean(), (texts, isTold) => {
      const whole = call("a", { arguments: isTold ? texts.join("") : "" });
      const events = read(
        added(0, call("a")),
        ...texts.map(
          (delta) => ["function_call_arguments.delta", { output_index: 0, delta }] as const,
        ),
        done(0, whole),
        completed,
      );
      const joined = events.map((event) => (event.kind === "arguments" ? event.text : "")).join("");
      expect(joined).toBe(texts.join("") || "{}");
    }),
  );
});

const names = [
  "max_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "n",
  "logprobs",
  "logit_bias",
  "response_format",
  "verbosity",
  "reasoning_effort",
  "user",
  "metadata",
  "store",
  "reasoning",
  "text",
  "include",
  "truncation",
  "background",
  "__proto__",
  "constructor",
  "foo",
];

/** Values that say what is so anyway, for one of the names at least. */
const neutral = new Set(["null", "false", "true", "0", "1", '"none"', "[]", "{}"]);

/** What becomes of parameters: a request and the names of what it lacks, or the name of what is wrong. */
function outcome(parameters: Readonly<Record<string, unknown>>, isReasoning: boolean) {
  const request = {
    stream: true,
    includesUsage: false,
    messages: [],
    tools: [],
    toolChoice: undefined,
    parameters,
    unknownMembers: [],
  };
  try {
    const encoded = openAiResponses.encode(request, contextOf({ isReasoning }));
    return { text: JSON.stringify(encoded), refused: undefined };
  } catch (error) {
    if (error instanceof RelayError && error.code === "invalid_body") {
      return { text: undefined, refused: error.param };
    }
    throw error;
  }
}

/** The names of parameters without which the same would be sent. */
function lost(values: Readonly<Record<string, unknown>>, isReasoning: boolean): string[] {
  const { text } = outcome(values, isReasoning);
  const entries = Object.entries(values);
  return entries.flatMap(([name, value]) => {
    const others = Object.fromEntries(entries.filter(([other]) => other !== name));
    const isLost = text === outcome(others, isReasoning).text;
    return isLost && !neutral.has(JSON.stringify(value)) ? [name] : [];
  });
}

test("every parameter is said or named, or is refused with its name", () => {
  const parameters = fc.dictionary(fc.constantFrom(...names), fc.jsonValue(), { maxKeys: 6 });
  fc.assert(
    fc.property(parameters, fc.boolean(), (values, isReasoning) => {
      const { refused } = outcome(values, isReasoning);
      expect(refused === undefined ? lost(values, isReasoning) : []).toEqual([]);
      expect([undefined, ...names]).toContain(refused);
    }),
    { numRuns: 1000 },
  );
});
