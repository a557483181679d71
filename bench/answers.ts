/** The questions and answers of the benchmark. The provider and the empty routes give the same answers. */
import type { ServerResponse } from "node:http";
import { chunk, event } from "../test/support/provider.ts";
import { monotonicNowMs, stampOf } from "./stamp.ts";

/**
 * The answers that targets are compared by: JSON, a stream whose events are written one by one without a pause (`burst`), one whose
 * events all come in one piece (`packet`), and a stream of paced events.
 */
export const comparedKinds = ["json", "burst", "packet", "paced"] as const;
/**
 * `page` and `pagePacket` are as long as a page of text, one by one and in one piece. `steady` and `sparse` are for streams that
 * stay open: longer and slower, `sparse` for so many streams that at the pace of `steady` two cores could not write their events.
 */
export const answerKinds = [...comparedKinds, "page", "pagePacket", "steady", "sparse"] as const;
export type AnswerKind = (typeof answerKinds)[number];
export type ComparedKind = (typeof comparedKinds)[number];
type StreamKind = Exclude<AnswerKind, "json">;

/** The prompt selects the answer, so the selection reaches the provider through any relay. */
export const questions: Readonly<Record<AnswerKind, string>> = {
  json: "Say hello.",
  burst: "Count to twenty at once.",
  paced: "Count to twenty, slowly.",
  packet: "Count to twenty in one breath.",
  page: "Count to four hundred at once.",
  pagePacket: "Count to four hundred in one breath.",
  steady: "Count to sixty, slowly.",
  sparse: "Count to thirty, with long pauses.",
};

/** The text that a complete answer contains. */
export const endMarks: Readonly<Record<AnswerKind, string>> = {
  json: "Hello from the provider.",
  burst: "data: [DONE]",
  paced: "data: [DONE]",
  packet: "data: [DONE]",
  page: "data: [DONE]",
  pagePacket: "data: [DONE]",
  steady: "data: [DONE]",
  sparse: "data: [DONE]",
};

/** One event per word, plus three for the role, the finish and `[DONE]`. */
export const shapes: Readonly<Record<StreamKind, { words: number; gapMs: number }>> = {
  burst: { words: 20, gapMs: 0 },
  paced: { words: 20, gapMs: 20 },
  packet: { words: 20, gapMs: 0 },
  page: { words: 400, gapMs: 0 },
  pagePacket: { words: 400, gapMs: 0 },
  steady: { words: 60, gapMs: 100 },
  sparse: { words: 30, gapMs: 500 },
};

/** Whether an answer's events contain the times at which they were due. */
export function isPaced(kind: AnswerKind): boolean {
  return kind !== "json" && shapes[kind].gapMs > 0;
}

/** What a request body asks for. */
export interface Asked {
  readonly kind: AnswerKind;
  /** One more event with the token usage, which a relay may request for accounting. */
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
const burstOf = (words: number, withUsage: boolean) => [
  roleEvent,
  ...Array.from({ length: words }, (_, at) => wordEvent(stampOf(at))),
  ...lastEvents(withUsage),
];
const burstsOf = (words: number) => ({
  plain: burstOf(words, false),
  withUsage: burstOf(words, true),
});
const packetsOf = ({ plain, withUsage }: ReturnType<typeof burstsOf>) => ({
  plain: plain.join(""),
  withUsage: withUsage.join(""),
});
const bursts = { burst: burstsOf(shapes.burst.words), page: burstsOf(shapes.page.words) };
const packets = { packet: packetsOf(bursts.burst), pagePacket: packetsOf(bursts.page) };

/** Sends the requested answer; resolves when all is written or the connection has closed. */
export function answer({ kind, withUsage }: Asked, response: ServerResponse): Promise<void> {
  if (kind === "json") {
    response.writeHead(200, jsonHead);
    response.end(jsonAnswer);
    return Promise.resolve();
  }
  response.writeHead(200, streamHead);
  const counted = withUsage ? "withUsage" : "plain";
  if (kind === "packet" || kind === "pagePacket") {
    response.end(packets[kind][counted]);
    return Promise.resolve();
  }
  if (kind === "burst" || kind === "page") {
    for (const piece of bursts[kind][counted]) {
      response.write(piece);
      // Node would put everything written in one turn into one packet; a real provider sends each word separately.
      response.socket?.uncork();
    }
    response.end();
    return Promise.resolve();
  }
  return answerAtPace(response, shapes[kind], lastEvents(withUsage));
}

/**
 * Each event is due one gap after the previous one. Its word is the time at which it was due, so the receiver can compute its
 * lateness. A late event does not delay the following ones.
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
