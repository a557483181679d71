import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createBodyUsage,
  createStreamUsage,
  createEmbeddingsUsage,
} from "../../../../src/protocols/openai-chat/usage-counter.ts";
import { createEventReader } from "../../../../src/text/event-reader.ts";
import { chunk, event, ordinaryEvents } from "../../../support/provider.ts";

const usage = {
  prompt_tokens: 120,
  completion_tokens: 7,
  total_tokens: 127,
  prompt_tokens_details: { cached_tokens: 100 },
};
const counted = { tokensIn: 120, tokensOut: 7, tokensCached: 100, tokensCacheWrite: 0 };
const usageEvent = event({ ...chunk({}), choices: [], usage });

/** The usage found in an answer that arrives in these pieces. */
function found(isStream: boolean, pieces: readonly (string | Buffer)[]) {
  const counter = isStream ? createStreamUsage() : createBodyUsage();
  const reader = createEventReader();
  for (const piece of pieces) {
    counter.push(Buffer.from(piece), isStream ? reader.push(Buffer.from(piece)) : []);
  }
  counter.end(reader.rest());
  return counter.usage();
}

/** A text cut anywhere, also inside a character. */
const cut = (text: string) => {
  const bytes = Buffer.from(text);
  return fc
    .array(fc.nat(bytes.length), { maxLength: 20 })
    .map((places) =>
      [0, ...places.sort((a, b) => a - b)].map((from, at, all) =>
        bytes.subarray(from, all[at + 1] ?? bytes.length),
      ),
    );
};

describe("the usage of a stream", () => {
  test.each([
    ["its last event but one", [...ordinaryEvents().slice(0, -1), usageEvent, event("[DONE]")]],
    ["its last event, without a [DONE]", [...ordinaryEvents().slice(0, -1), usageEvent]],
    ["each event; the last one wins", [event({ ...chunk({}), usage: {} }), usageEvent]],
    ["an event with extra spaces", [usageEvent.replace("data: ", "data:   "), event("[DONE]")]],
    ["lines that end with CRLF", [usageEvent.replaceAll("\n", "\r\n"), "data: [DONE]\r\n\r\n"]],
    ["an event after a very long one", [event("x".repeat(100_000)), usageEvent]],
  ])("is found in %s", (_where, pieces) => {
    expect(found(true, pieces)).toEqual(counted);
  });

  test.each([
    ["that has none", ordinaryEvents()],
    ["with null usage", [event({ ...chunk({}), usage: null }), event("[DONE]")]],
    ["that mentions usage in its text", [event(chunk({ content: '"usage":{"prompt_tokens":9}' }))]],
    ["that was cut inside the usage", [usageEvent.slice(0, -30)]],
    ["with invalid JSON", ['data: {"usage": }\n\n']],
    ["without any event", []],
  ])("is not found in a stream %s", (_which, pieces) => {
    expect(found(true, pieces)).toBeUndefined();
  });

  test("is found wherever the stream is cut, after an event of any length", () => {
    const text = [...ordinaryEvents(["é", "→", "🙂"]), usageEvent, event("[DONE]")].join("");
    fc.assert(
      fc.property(fc.nat(20_000), cut(text), (padding, pieces) => {
        expect(found(true, [event("x".repeat(padding)), ...pieces])).toEqual(counted);
      }),
    );
  });
});

describe("the usage of a completion", () => {
  const completion = (more: object = {}) =>
    JSON.stringify({ id: "x", choices: [{ message: { content: "é→🙂".repeat(50) } }], ...more });

  test("is found wherever the body is cut, at its start or end", () => {
    const front = JSON.stringify({ usage, ...JSON.parse(completion()) });
    for (const text of [completion({ usage }), front]) {
      fc.assert(
        fc.property(cut(text), (pieces) => {
          expect(found(false, pieces)).toEqual(counted);
        }),
      );
    }
  });

  test("is found before nearly a mebibyte of other data", () => {
    const long = Array.from({ length: 60 }, () => "x".repeat(16_384));
    const front = `${completion({ usage }).slice(0, -1)},"a":"`;
    expect(found(false, [front, ...long, '"}'])).toEqual(counted);
  });

  test("is not found in a body without usage, a truncated body, or one too long to retain", () => {
    expect(found(false, [completion()])).toBeUndefined();
    expect(found(false, [completion({ usage }).slice(0, -1)])).toBeUndefined();
    const long = Array.from({ length: 40 }, () => "x".repeat(65_536));
    expect(found(false, ['{"a":"', ...long, `",${completion({ usage }).slice(1)}`])).toBe(
      undefined,
    );
  });

  test("of embeddings is found at the end of any length, which is no output in tokens", () => {
    const counter = createEmbeddingsUsage();
    const answer = `{"data":[${"0.5,".repeat(1_500_000)}0.5],"usage":{"prompt_tokens":9}}`;
    for (let at = 0; at < answer.length; at += 60_001) {
      counter.push(Buffer.from(answer.slice(at, at + 60_001)), []);
    }
    for (let times = 0; times < 2; times += 1) {
      expect(counter.usage()).toMatchObject({ tokensIn: 9, tokensOut: 0 });
    }
    expect(counter.bytes).toBe(0);
  });

  test("counts invalid numbers as zero", () => {
    const odd = { prompt_tokens: -5, completion_tokens: "7", prompt_tokens_details: [] };
    expect(found(false, [completion({ usage: odd })])).toEqual({
      tokensIn: 0,
      tokensOut: 0,
      tokensCached: 0,
      tokensCacheWrite: 0,
    });
  });
});

test("usage events early in a stream are not taken for the final usage", () => {
  const words = event(chunk({ content: "x".repeat(1000) }));
  expect(found(true, [usageEvent, words, words])).toEqual(counted);
  expect(found(true, [usageEvent, ...Array.from({ length: 5 }, () => words)])).toBeUndefined();
});

test("events without data do not count for the average event size", () => {
  const counter = createStreamUsage();
  const said = Buffer.from(event(chunk({ content: "x".repeat(1000) })));
  const comments = Buffer.from(": keep-alive\n\n".repeat(10));
  const reader = createEventReader();
  for (const piece of [comments, said, said]) {
    counter.push(piece, reader.push(piece));
  }
  expect(counter.bytes).toBe(comments.length + 2 * said.length);
  expect(counter.eventBytes).toBe(said.length + comments.length / 2);
});
