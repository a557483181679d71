/** A sink that notes the assistant's message of the answer that goes through it. */
import { createByteCollector } from "../text/byte-collector.ts";
import { createStreamRecorder, messageOf } from "../protocols/openai-chat/answer-recorder.ts";
import type { StoredMessage } from "./session-store.ts";
import { createEventReader } from "../text/event-reader.ts";
import type { AnswerSink } from "../answer/answer-sink.ts";

export interface RecordingSink {
  readonly sink: AnswerSink;
  /** The message of a good answer that has ended whole; undefined for any other. */
  message(): StoredMessage | undefined;
}

interface Recorder {
  push(bytes: Buffer): void;
  message(): StoredMessage | undefined;
}

/** @param maxBytes an answer that is larger is not kept. */
export function recordingSink(sink: AnswerSink, maxBytes: number): RecordingSink {
  let recorder: Recorder | undefined;
  let seenBytes = 0;
  let isWhole = false;
  return {
    message: () => (isWhole && seenBytes <= maxBytes ? recorder?.message() : undefined),
    sink: {
      signal: sink.signal,
      commit(status, providerHeaders, body) {
        if (status === 200) {
          recorder = body.kind === "events" ? recorderOfEvents() : recorderOfBytes();
        }
        sink.commit(status, providerHeaders, body);
      },
      write(chunk) {
        seenBytes += chunk.length;
        if (seenBytes <= maxBytes) {
          recorder?.push(chunk);
        } else {
          recorder = undefined;
        }
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

function recorderOfEvents(): Recorder {
  const reader = createEventReader();
  const { push, message } = createStreamRecorder();
  return {
    push(bytes) {
      for (const { json } of reader.push(bytes)) {
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
