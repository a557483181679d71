/** What is asked for, and the answers to it: the provider's, and those of the empty routes, which give the same. */
import type { ServerResponse } from "node:http";
import { chunk, event } from "../test/support/provider.ts";
import { monotonicNowMs, stampOf } from "./stamp.ts";

/** The answers that the targets are compared by: JSON, a stream at once, and one whose events come at a pace. */
export const comparedKinds = ["json", "burst", "paced"] as const;
/** `steady` is for streams that stay open: longer, and at a slower pace. */
export const answerKinds = [...comparedKinds, "steady"] as const;
export type AnswerKind = (typeof answerKinds)[number];
export type ComparedKind = (typeof comparedKinds)[number];
type StreamKind = Exclude<AnswerKind, "json">;

/** The words say which answer is wanted, so that they reach the provider through anything that relays them. */
export const questions: Readonly<Record<AnswerKind, string>> = {
  json: "Say hello.",
  burst: "Count to twenty at once.",
  paced: "Count to twenty, slowly.",
  steady: "Count to sixty, slowly.",
};

/** What an answer must hold to be a whole one. */
export const endMarks: Readonly<Record<AnswerKind, string>> = {
  json: "Hello from the provider.",
  burst: "data: [DONE]",
  paced: "data: [DONE]",
  steady: "data: [DONE]",
};

/** Words are one event each; a role before them, a finish and `[DONE]` after them make three more. */
export const shapes: Readonly<Record<StreamKind, { words: number; gapMs: number }>> = {
  burst: { words: 20, gapMs: 0 },
  paced: { words: 20, gapMs: 20 },
  steady: { words: 60, gapMs: 100 },
};

/** What a request's body asks for. */
export interface Asked {
  readonly kind: AnswerKind;
  /** One more event, with the tokens used: a relay may ask for it, to count them. */
  readonly withUsage: boolean;
}

export function askedIn(body: string): Asked {
  return {
    kind: answerKinds.find((kind) => body.includes(questions[kind])) ?? "json",
    withUsage: body.includes('"include_usage":true'),
  };
}

const usage = { prompt_tokens: 9, completion_tokens: 6, total_tokens: 15 };
const jsonAnswer = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", content: endMarks.json }, finish_reason: "stop" },
  ],
  usage,
});
const jsonHead = {
  "content-type": "application/json",
  "content-length": Buffer.byteLength(jsonAnswer),
};
const streamHead = { "content-type": "text/event-stream; charset=utf-8" };
const roleEvent = event(chunk({ role: "assistant", content: "" }));
const [wordBefore = "", wordAfter = ""] = event(chunk({ content: " WORD" })).split("WORD");
const wordEvent = (word: string) => wordBefore + word + wordAfter;
const finishEvent = event(chunk({}, "stop"));
const usageEvent = event({ ...chunk({}), choices: [], usage });
const lastEvents = (withUsage: boolean) => [
  finishEvent,
  ...(withUsage ? [usageEvent] : []),
  event("[DONE]"),
];
const burstOf = (withUsage: boolean) => [
  roleEvent,
  ...Array.from({ length: shapes.burst.words }, (_, at) => wordEvent(stampOf(at))),
  ...lastEvents(withUsage),
];
const bursts = { plain: burstOf(false), withUsage: burstOf(true) };

/** Gives what is asked for; resolves when all of it is written, or nobody is left to take it. */
export function answer({ kind, withUsage }: Asked, response: ServerResponse): Promise<void> {
  if (kind === "json") {
    response.writeHead(200, jsonHead);
    response.end(jsonAnswer);
    return Promise.resolve();
  }
  response.writeHead(200, streamHead);
  if (kind === "burst") {
    for (const piece of withUsage ? bursts.withUsage : bursts.plain) {
      response.write(piece);
      // Node would put all that is written in one turn into one packet; who makes words sends each as it comes.
      response.socket?.uncork();
    }
    response.end();
    return Promise.resolve();
  }
  return answerAtPace(response, shapes[kind], lastEvents(withUsage));
}

/**
 * Each event is due a gap after the one before. A word is the time at which its event was due, so that whoever gets it
 * knows how late it is; a late one does not delay those that follow.
 */
function answerAtPace(
  response: ServerResponse,
  { words, gapMs }: { readonly words: number; readonly gapMs: number },
  last: readonly string[],
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const startedAtMs = monotonicNowMs();
  const events = words + 1 + last.length;
  let next = 0;
  const writeNext = () => {
    if (response.destroyed) {
      resolve();
      return;
    }
    const dueAtMs = startedAtMs + next * gapMs;
    response.write(
      next === 0 ? roleEvent : (last[next - words - 1] ?? wordEvent(stampOf(dueAtMs))),
    );
    next += 1;
    if (next === events) {
      response.end();
      resolve();
      return;
    }
    setTimeout(writeNext, Math.max(0, Math.ceil(dueAtMs + gapMs - monotonicNowMs())));
  };
  writeNext();
  return promise;
}
