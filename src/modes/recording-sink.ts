/** A sink that notes the assistant's message of the answer that goes through it. */
import {
  type AnswerRecorder,
  createJsonRecorder,
  createStreamRecorder,
} from "../sessions/answer-recorder.ts";
import type { StoredMessage } from "../sessions/session-store.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

export interface RecordingSink {
  readonly sink: AnswerSink;
  /** The message of a good answer that has ended whole; undefined for any other. */
  message(): StoredMessage | undefined;
}

/** @param maxBytes an answer that is larger is not kept. */
export function recordingSink(sink: AnswerSink, maxBytes: number): RecordingSink {
  let recorder: AnswerRecorder | undefined;
  let isWhole = false;
  return {
    message: () => (isWhole ? recorder?.message() : undefined),
    sink: {
      signal: sink.signal,
      commit(status, providerHeaders, body) {
        if (status === 200) {
          recorder =
            body.kind === "events" ? createStreamRecorder(maxBytes) : createJsonRecorder(maxBytes);
        }
        sink.commit(status, providerHeaders, body);
      },
      write(chunk) {
        recorder?.push(chunk);
        return sink.write(chunk);
      },
      whenDrained: (callback) => sink.whenDrained(callback),
      end() {
        isWhole = true;
        sink.end();
      },
      breakOff: (error, boundary) => sink.breakOff(error, boundary),
    },
  };
}
