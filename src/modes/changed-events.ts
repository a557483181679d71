/** A sink whose event streams go through something that holds events, moves them or leaves them out. */
import type { EventChange } from "../sse/event-change.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

/** @param createChange makes one for each stream; other answers go by as they are. */
export function changedEvents(sink: AnswerSink, createChange: () => EventChange): AnswerSink {
  /** Undefined for a body of bytes. */
  let change: EventChange | undefined;
  const write = (bytes: Buffer) => bytes.length === 0 || sink.write(bytes);
  return {
    signal: sink.signal,
    commit(status, providerHeaders, body) {
      change = body.kind === "events" ? createChange() : undefined;
      sink.commit(status, providerHeaders, body);
    },
    write: (chunk) => (change === undefined ? sink.write(chunk) : write(change.push(chunk))),
    whenDrained: (callback) => sink.whenDrained(callback),
    end() {
      if (change !== undefined) {
        write(change.end());
      }
      sink.end();
    },
    breakOff(error, boundary) {
      // Only whole events went out, so the error does not stand in the middle of one.
      sink.breakOff(error, boundary === undefined ? undefined : "event");
    },
  };
}
