/** Whatever a provider or a client sends. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import { RelayError } from "../../../../src/errors.ts";
import { googleGenerativeAi } from "../../../../src/protocols/google-generative-ai/wire.ts";
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import type { EncodeContext } from "../../../../src/protocols/wire.ts";

const any = fc.jsonValue({ maxDepth: 3 });
const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: any });
const recordOf = (members: Record<string, fc.Arbitrary<unknown>>) =>
  sometimes(fc.record(members, { requiredKeys: [] }));

const jsonPath = fc
  .array(fc.constantFrom(".a", "[0]", "[1]", "['b c']", ".__proto__", "[", "[99]"), {
    maxLength: 5,
  })
  .map((steps) => `$${steps.join("")}`);
const partialArg = recordOf({
  jsonPath,
  stringValue: fc.string(),
  numberValue: fc.integer(),
  boolValue: fc.boolean(),
  willContinue: fc.boolean(),
});
const part = recordOf({
  text: fc.string(),
  thought: fc.boolean(),
  thoughtSignature: fc.string(),
  functionCall: recordOf({
    id: fc.constantFrom("a", "b", "__proto__"),
    name: fc.constantFrom("f", ""),
    args: any,
    partialArgs: sometimes(fc.array(partialArg, { maxLength: 3 })),
    willContinue: fc.boolean(),
  }),
});
const response = recordOf({
  candidates: sometimes(
    fc.array(
      recordOf({
        index: fc.constantFrom(0, 1),
        content: recordOf({ parts: sometimes(fc.array(part, { maxLength: 3 })) }),
        finishReason: fc.constantFrom("STOP", "MAX_TOKENS", "MALFORMED_FUNCTION_CALL", "X"),
      }),
      { maxLength: 2 },
    ),
  ),
  promptFeedback: recordOf({ blockReason: fc.string() }),
  usageMetadata: recordOf({ promptTokenCount: any, thoughtsTokenCount: any }),
  responseId: fc.string(),
  error: fc.constant(undefined),
});
const messages = fc
  .array(response)
  .map((list) => list.filter((value) => typeof value === "object" && value !== null));

const readAll = (list: readonly unknown[]): AnswerEvent[] => {
  const reader = googleGenerativeAi.read();
  return [
    ...list.flatMap((message) => reader.push(message as Record<string, unknown>)),
    ...reader.end(),
  ];
};

test("any answer is read without a throw, and its calls are numbered and told apart", () => {
  fc.assert(
    fc.property(messages, (list) => {
      const calls = readAll(list).filter((event) => event.kind === "call");
      expect(calls.map(({ index }) => index)).toEqual(calls.map((_call, index) => index));
      expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
    }),
    { numRuns: 1000 },
  );
});

/** Names without quotes, which a path would have to escape. */
const callArguments = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => !/['"]/.test(name)),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
);

/** The events in which Vertex AI streams a call: texts in two pieces, other values in one. */
function inPieces(args: Readonly<Record<string, unknown>>): object[] {
  const partialArgs = Object.entries(args).flatMap(([name, value]): object[] => {
    const path = { jsonPath: `$['${name}']` };
    if (typeof value === "string") {
      const middle = Math.floor(value.length / 2);
      return [
        { ...path, stringValue: value.slice(0, middle), willContinue: true },
        { ...path, stringValue: value.slice(middle) },
      ];
    }
    return [
      { ...path, ...(typeof value === "number" ? { numberValue: value } : { boolValue: value }) },
    ];
  });
  return [
    { name: "f", willContinue: true },
    ...partialArgs.map((piece) => ({ partialArgs: [piece], willContinue: true })),
    {},
  ];
}

test("arguments in pieces are the same as whole ones", () => {
  fc.assert(
    fc.property(fc.array(callArguments, { maxLength: 3 }), (list) => {
      const calls = list.flatMap((args) => [{ name: "f", args }, ...inPieces(args)]);
      const events = readAll([
        ...calls.map((functionCall) => ({
          candidates: [{ content: { parts: [{ functionCall }] } }],
        })),
        { candidates: [{ finishReason: "STOP" }] },
      ]);
      const read = events.filter((event) => event.kind === "arguments");
      expect(read.map(({ text }) => JSON.parse(text))).toEqual(
        list.flatMap((args) => [args, args]),
      );
    }),
  );
});

test("an answer nested too deeply to be written breaks the stream", () => {
  const args = JSON.parse(`{"a":${"[".repeat(60_000)}${"]".repeat(60_000)}}`);
  const functionCall = { name: "f", args };
  const events = googleGenerativeAi
    .read()
    .push({ candidates: [{ content: { parts: [{ functionCall }] } }] });
  expect(events.at(-1)).toMatchObject({ kind: "failure" });
});

test("any error body is read without a throw", () => {
  const error = recordOf({
    code: any,
    status: any,
    message: any,
    details: sometimes(fc.array(recordOf({ retryDelay: fc.string(), reason: fc.string() }))),
  });
  fc.assert(
    fc.property(error, (value) => {
      const { status } = googleGenerativeAi.readError({ error: value }, {}) ?? { status: 400 };
      expect(status ?? 400).toBeGreaterThanOrEqual(400);
    }),
  );
});

const parameters = [
  "temperature",
  "top_k",
  "stop",
  "seed",
  "n",
  "user",
  "response_format",
  "reasoning_effort",
  "thinking_config",
  "generationConfig",
  "toolConfig",
  "extra_body",
  "cachedContent",
  "__proto__",
];
const body = fc.record({
  values: fc.dictionary(fc.constantFrom(...parameters), any),
  text: fc.string(),
  callId: fc.constantFrom("a", "b"),
  arguments: fc.oneof(fc.json(), fc.string()),
  result: fc.oneof(fc.json(), fc.string()),
});

test("any body is written, or refused with a reason", () => {
  fc.assert(
    fc.property(body, ({ values, text, callId, arguments: json, result }) => {
      const written = outcomeOf(() => {
        const request = readModelRequest({
          ...values,
          messages: [
            { role: "user", content: text },
            {
              role: "assistant",
              tool_calls: [{ id: "a", function: { name: "f", arguments: json } }],
            },
            { role: "tool", tool_call_id: callId, content: result },
          ],
        });
        const encoded = googleGenerativeAi.encode(request, context);
        return JSON.stringify(encoded.body).includes(JSON.stringify(text));
      });
      expect(written).toSatisfy((value) => value === true || value instanceof RelayError);
    }),
    { numRuns: 500 },
  );
});

const context: EncodeContext = {
  model: {
    id: "m",
    maxTokens: undefined,
    isReasoning: true,
    efforts: {},
    acceptsSampling: true,
    thinksByEffort: false,
  },
  baseUrl: "https://a.example",
  remembered: () => [],
};

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
