/** Log probabilities of a translated answer, where chat completions has them: in the choice. */
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import {
  createChunkAnswer,
  createWholeAnswer,
} from "../../../../src/protocols/openai-chat/answer-events.ts";

const identity = { id: "a", created: 1, model: "m1" };
const token = (text: string) => ({ token: text, bytes: null, logprob: -1, top_logprobs: [] });
const events: readonly AnswerEvent[] = [
  { kind: "start" },
  { kind: "text", text: "hi", logprobs: [token("h"), token("i")] },
  { kind: "text", text: "!", logprobs: [token("!")] },
  { kind: "text", text: "?" },
  { kind: "finish", reason: "stop" },
];

test("are in each chunk that has them", () => {
  const answer = createChunkAnswer(identity, false);
  const chunks = answer
    .write(events)
    .trim()
    .split("\n\n")
    .map((event) => JSON.parse(event.slice("data: ".length)).choices[0]);
  expect(chunks.map(({ logprobs }) => logprobs)).toEqual([
    undefined,
    { content: [token("h"), token("i")], refusal: null },
    { content: [token("!")], refusal: null },
    undefined,
    undefined,
  ]);
  expect(chunks[1]).toMatchObject({ delta: { content: "hi" }, finish_reason: null });
});

test("are together in a whole answer, and missing from one without", () => {
  const whole = (of: readonly AnswerEvent[]) => {
    const answer = createWholeAnswer(identity);
    answer.write(of);
    return JSON.parse(answer.end()).choices[0];
  };
  expect(whole(events).logprobs).toEqual({
    content: [token("h"), token("i"), token("!")],
    refusal: null,
  });
  expect(whole(events.filter(({ kind }) => kind !== "text"))).not.toHaveProperty("logprobs");
});
