/** Log probabilities of a translated answer, where chat completions has them: in the choice. */
import { expect, test } from "vitest";
import type { AnswerEvent } from "../../../../src/answer/answer-event.ts";
import {
  createChunkAnswer,
  createWholeAnswer,
} from "../../../../src/protocols/openai-chat/answer-events.ts";
import { joined } from "../../../../src/text/event-reader.ts";
import { createEventWriter } from "../../../../src/text/event-writer.ts";

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
  const out = createEventWriter();
  createChunkAnswer(identity, false).write(events, out);
  const chunks: { readonly logprobs?: object }[] = out
    .take()
    .flatMap(({ json }) => json?.["choices"] ?? []);
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
    const out = createEventWriter();
    answer.write(of, out);
    answer.end(out);
    return JSON.parse(joined(out.take()).toString()).choices[0];
  };
  expect(whole(events).logprobs).toEqual({
    content: [token("h"), token("i"), token("!")],
    refusal: null,
  });
  expect(whole(events.filter(({ kind }) => kind !== "text"))).not.toHaveProperty("logprobs");
});
