/** A stage that notes the assistant's message of the answer that goes through it. */
import type { AnswerPipe } from "../answer/answer-sink.ts";
import { createStreamRecorder, messageOf } from "../protocols/openai-chat/answer-recorder.ts";
import { createByteCollector } from "../text/byte-collector.ts";
import type { StreamEvent } from "../text/event-reader.ts";
import type { StoredMessage } from "./session-store.ts";

export interface RecordingSink {
  readonly sink: AnswerPipe;
  /** The message of a good answer that has ended whole; undefined for any other. */
  message(): StoredMessage | undefined;
}

interface Recorder {
  push(bytes: Buffer, events: readonly StreamEvent[]): void;
  message(): StoredMessage | undefined;
}

/** @param maxBytes an answer that is larger is not kept. */
export function recordingSink(next: AnswerPipe, maxBytes: number): RecordingSink {
  let recorder: Recorder | undefined;
  let seenBytes = 0;
  let isWhole = false;
  return {
    message: () => (isWhole && seenBytes <= maxBytes ? recorder?.message() : undefined),
    sink: {
      ...next,
      commit(status, providerHeaders, body) {
        if (status === 200) {
          recorder = body.kind === "events" ? recorderOfEvents() : recorderOfBytes();
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

function recorderOfEvents(): Recorder {
  const { push, message } = createStreamRecorder();
  return {
    push(_bytes, events) {
      for (const { json } of events) {
        if (json !== undefined) {
          push(json);
        }
      }
    },
    message,
  };
}

function recorderOfBytes(): Recorder {
  const bytes = createByteCollector();
  return {
    push: bytes.push,
    message: () => messageOf(bytes.take().toString("utf8")),
  };
}
