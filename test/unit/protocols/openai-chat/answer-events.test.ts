/** How a translated answer is written as chat completions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import {
  createChunkAnswer,
  createWholeAnswer,
} from "../../../../src/protocols/openai-chat/answer-events.ts";
import { factsOf } from "../../../../src/protocols/openai-chat/chunk-facts.ts";
import type { TranslatedAnswer } from "../../../../src/protocols/translated-answer.ts";
import { joined } from "../../../../src/text/event-reader.ts";
import { createEventWriter } from "../../../../src/text/event-writer.ts";
import { eventsOf } from "../../../support/sse.ts";

const identity = { id: "chatcmpl-1", created: 1, model: "m1" };

interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly refusal?: string;
  readonly reasoning_details?: readonly object[];
  readonly tool_calls?: readonly {
    readonly index: number;
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments: string };
    readonly extra_content?: object;
  }[];
}

interface Chunk {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly { readonly delta: Delta; readonly finish_reason: string | null }[];
  readonly usage?: object;
}

function eventsBy(answer: TranslatedAnswer, events: readonly AnswerEvent[]) {
  const out = createEventWriter();
  answer.write(events, out);
  answer.end(out);
  return out.take();
}

/** The stream's text. */
function streamed(events: readonly AnswerEvent[], includesUsage = true): string {
  return joined(eventsBy(createChunkAnswer(identity, includesUsage), events)).toString();
}

const dataOf = (text: string) => eventsOf(text).flatMap(({ data }) => data ?? []);
const chunksOf = (text: string) =>
  dataOf(text).flatMap((data): Chunk[] => (data === "[DONE]" ? [] : [JSON.parse(data)]));
const deltasOf = (events: readonly AnswerEvent[]) =>
  chunksOf(streamed(events)).flatMap(({ choices }) => choices.map(({ delta }) => delta));

function whole(events: readonly AnswerEvent[]) {
  const answer = createWholeAnswer(identity);
  const text = joined(eventsBy(answer, events)).toString();
  return { body: text === "" ? undefined : JSON.parse(text), failure: answer.failure };
}

const usage = (tokensIn: number, more: object = {}): AnswerEvent => ({
  kind: "usage",
  usage: { tokensIn, tokensOut: 5, tokensCached: 2, tokensCacheWrite: 1, ...more },
});
const failure: AnswerEvent = {
  kind: "failure",
  failure: { status: 529, message: "busy", type: "overloaded_error", code: undefined },
};
const finish: AnswerEvent = { kind: "finish", reason: "stop" };
const text = (value: string): AnswerEvent => ({ kind: "text", text: value });

describe("a stream", () => {
  test("has the provider's id and model, and the relay's time", () => {
    const begin: AnswerEvent = { kind: "start", id: 'm"1', model: "claude" };
    const chunks = chunksOf(streamed([begin, text("a"), finish, usage(1)]));
    expect(chunks).toHaveLength(4);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        id: 'm"1',
        model: "claude",
        created: 1,
        object: "chat.completion.chunk",
      });
    }
    expect(chunksOf(streamed([{ kind: "start" }, finish]))[0]).toMatchObject({
      id: "chatcmpl-1",
      model: "m1",
    });
  });

  test("has a delta for each event", () => {
    const state = { type: "thinking", signature: "s" };
    expect(
      deltasOf([
        { kind: "start" },
        { kind: "reasoning", text: "h" },
        { kind: "opaque", state: { value: state } },
        text("a\n\u2028"),
        { kind: "refusal", text: "no" },
        { kind: "call", index: 0, id: "c1", name: "f" },
        { kind: "arguments", index: 0, text: '{"a":' },
        { kind: "call", index: 1, id: "c2", name: "g" },
        { kind: "arguments", index: 0, text: "1}" },
        { kind: "opaque", state: { callIndex: 1, value: { google: 1 } } },
        { kind: "finish", reason: "tool_calls" },
      ]),
    ).toEqual([
      { role: "assistant", content: "" },
      { reasoning_content: "h" },
      { reasoning_details: [state] },
      { content: "a\n\u2028" },
      { refusal: "no" },
      {
        tool_calls: [
          { index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
      {
        tool_calls: [
          { index: 1, id: "c2", type: "function", function: { name: "g", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: "1}" } }] },
      { tool_calls: [{ index: 1, extra_content: { google: 1 } }] },
      {},
    ]);
  });

  test("finishes once", () => {
    const chunks = chunksOf(streamed([finish, { kind: "finish", reason: "length" }]));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual(["stop"]);
  });

  test("ends with `[DONE]` only after a finish", () => {
    expect(streamed([text("a"), finish])).toMatch(/\n\ndata: \[DONE\]\n\n$/);
    expect(streamed([text("a"), usage(1)])).not.toContain("[DONE]");
    expect(streamed([])).toBe("");
  });

  test("ends with its last counts if the client asked for them", () => {
    const events = [usage(1), finish, usage(9, { tokensReasoning: 3 })];
    expect(chunksOf(streamed(events)).at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 5,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 2, cache_creation_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    });
    expect(streamed(events, false)).not.toContain("usage");
    expect(streamed([finish])).not.toContain("usage");
  });

  test("ends with a failure", () => {
    const written = streamed([text("a"), failure, text("b"), finish, usage(1)]);
    expect(dataOf(written).map((data) => JSON.parse(data))).toEqual([
      expect.objectContaining({ object: "chat.completion.chunk" }),
      {
        error: {
          message: "busy",
          type: "overloaded_error",
          param: null,
          code: null,
          status: 529,
        },
      },
    ]);
  });
});

describe("a completion", () => {
  test("has the provider's id and model", () => {
    const { body } = whole([{ kind: "start", id: "msg_1", model: "claude" }, text("a"), finish]);
    expect(body).toEqual({
      id: "msg_1",
      object: "chat.completion",
      created: 1,
      model: "claude",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "a", refusal: null },
          finish_reason: "stop",
        },
      ],
    });
  });

  test("without text has none if it has calls or refuses, and an empty one otherwise", () => {
    const contentOf = (events: readonly AnswerEvent[]) =>
      whole([...events, finish]).body.choices[0].message.content;
    expect(contentOf([])).toBe("");
    expect(contentOf([{ kind: "call", index: 0, id: "c", name: "f" }])).toBeNull();
    expect(contentOf([{ kind: "refusal", text: "no" }])).toBeNull();
  });

  test("without a finish is nothing", () => {
    expect(whole([text("a"), usage(1)])).toEqual({ body: undefined, failure: undefined });
  });

  test("with a failure is the failure", () => {
    expect(whole([text("a"), failure, finish])).toEqual({
      body: {
        error: { message: "busy", type: "overloaded_error", param: null, code: null, status: 529 },
      },
      failure: failure.kind === "failure" && failure.failure,
    });
  });
});

/** What a client that adds up the chunks of a stream has in the end. */
function addedUp(chunks: readonly Chunk[]) {
  const message = { content: "", reasoning: "", refusal: "", details: [] as object[] };
  const calls: { id: string; name: string; arguments: string; extra?: object }[] = [];
  for (const { delta } of chunks.flatMap(({ choices }) => choices)) {
    message.content += delta.content ?? "";
    message.reasoning += delta.reasoning_content ?? "";
    message.refusal += delta.refusal ?? "";
    message.details.push(...(delta.reasoning_details ?? []));
    for (const { index, id, function: called, extra_content: extra } of delta.tool_calls ?? []) {
      if (id !== undefined) {
        calls[index] = { id, name: called?.name ?? "", arguments: "" };
      }
      const call = calls[index];
      if (call !== undefined) {
        call.arguments += called?.arguments ?? "";
        Object.assign(call, extra && { extra });
      }
    }
  }
  const [finished] = chunks.flatMap(({ choices }) =>
    choices.flatMap(({ finish_reason: reason }) => reason ?? []),
  );
  return { ...message, calls, finished, usage: chunks.at(-1)?.usage };
}

function ofBody(body: {
  readonly choices: readonly {
    readonly message: Readonly<Record<string, unknown>>;
    readonly finish_reason: string;
  }[];
  readonly usage?: object;
}) {
  const { message = {}, finish_reason: finished = "" } = body.choices[0] ?? {};
  const calls = (message["tool_calls"] ?? []) as {
    id: string;
    function: { name: string; arguments: string };
    extra_content?: object;
  }[];
  return {
    content: message["content"] ?? "",
    reasoning: message["reasoning_content"] ?? "",
    refusal: message["refusal"] ?? "",
    details: message["reasoning_details"] ?? [],
    calls: calls.map(({ id, function: called, extra_content: extra }) =>
      Object.assign({ id }, called, extra && { extra }),
    ),
    finished,
    usage: body.usage,
  };
}

test("the chunks and the completion of the same events say the same", () => {
  const word = fc.string({ unit: "binary", maxLength: 6 });
  const said = fc.oneof(
    fc.record({ kind: fc.constantFrom("text", "reasoning", "refusal"), text: word }),
    fc.record({
      kind: fc.constant("opaque"),
      state: fc.record({ value: fc.dictionary(word, word) }),
    }),
    fc.record({
      kind: fc.constant("usage"),
      usage: fc.record({
        tokensIn: fc.nat(),
        tokensOut: fc.nat(),
        tokensCached: fc.nat(),
        tokensCacheWrite: fc.nat(),
      }),
    }),
    fc.record({
      kind: fc.constant("finish"),
      reason: fc.constantFrom("stop", "length", "tool_calls", "content_filter"),
    }),
  ) as fc.Arbitrary<AnswerEvent>;
  const called = fc.array(fc.array(word, { maxLength: 3 }), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(said), called, fc.boolean(), (events, calls, hasState) => {
      const made = calls.flatMap((pieces, index): AnswerEvent[] => [
        { kind: "call", index, id: `c${index}`, name: "f" },
        ...pieces.map((piece) => ({ kind: "arguments" as const, index, text: piece })),
        ...(hasState
          ? [{ kind: "opaque" as const, state: { callIndex: index, value: { s: index } } }]
          : []),
      ]);
      const all: AnswerEvent[] = [{ kind: "start" }, ...events, ...made, finish];
      expect(addedUp(chunksOf(streamed(all)))).toEqual(ofBody(whole(all).body));
    }),
    { numRuns: 500 },
  );
});

const word = fc.string({ unit: "grapheme", maxLength: 5 });
const index = fc.nat(3);
const anyEvent: fc.Arbitrary<AnswerEvent> = fc.oneof(
  word.map((of): AnswerEvent => ({ kind: "text", text: of })),
  word.map((of): AnswerEvent => ({ kind: "reasoning", text: of })),
  word.map((of): AnswerEvent => ({ kind: "refusal", text: of })),
  fc.tuple(index, word).map(([at, id]): AnswerEvent => ({ kind: "call", index: at, id, name: id })),
  fc
    .tuple(index, word)
    .map(([at, of]): AnswerEvent => ({ kind: "arguments", index: at, text: of })),
  fc.constantFrom<AnswerEvent>(
    { kind: "text", text: "a", logprobs: [{ token: "a" }] },
    { kind: "start", id: "é", model: "m" },
    { kind: "opaque", state: { value: { a: 1 } } },
    { kind: "opaque", state: { callIndex: 1, value: { a: 1 } } },
  ),
);
const anyEnd = fc.constantFrom([], [failure], [finish, usage(1)], [usage(1), finish, finish]);

test("what is noted of a chunk is what its bytes say", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), anyEnd, fc.boolean(), (events, end, includesUsage) => {
      const known = eventsBy(createChunkAnswer(identity, includesUsage), [...events, ...end]);
      const read = eventsOf(joined(known));
      expect(known.map(({ bytes }) => bytes.toString())).toEqual(
        read.map(({ bytes }) => bytes.toString()),
      );
      expect(known.map(({ note }) => note)).toEqual(read.map(factsOf));
    }),
  );
});
