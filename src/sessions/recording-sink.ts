/** A pipe stage that records the assistant's message from the answer that passes through. */
import type { AnswerPipe } from "../answer/answer-sink.ts";
import type { MessageRecorder, Protocol } from "../protocols/protocol.ts";
import type { StoredMessage } from "./session-store.ts";

export interface RecordingSink {
  readonly sink: AnswerPipe;
  /** The message of a complete answer with status 200; undefined for any other answer. */
  message(): StoredMessage | undefined;
}

/** @param maxBytes a larger answer is not recorded. */
export function recordingSink(
  next: AnswerPipe,
  protocol: Protocol,
  maxBytes: number,
): RecordingSink {
  let recorder: MessageRecorder | undefined;
  let seenBytes = 0;
  let isWhole = false;
  return {
    message: () => (isWhole && seenBytes <= maxBytes ? recorder?.message() : undefined),
    sink: {
      ...next,
      commit(status, providerHeaders, body) {
        if (status === 200) {
          recorder = protocol.recordMessage(body.kind);
        }
        next.commit(status, providerHeaders, body);
      },
      write(chunk, events) {
        seenBytes += chunk.length;
        if (seenBytes <= maxBytes) {
          recorder?.push(chunk, events);
        } else {
          recorder = undefined;
        }
        return next.write(chunk, events);
      },
      end(rest) {
        isWhole = true;
        next.end(rest);
      },
    },
  };
}
