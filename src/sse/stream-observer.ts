/** Watches a stream of chat-completion chunks go by and tells how far it has come. Changes nothing. */
import { createParser } from "eventsource-parser";
import { isRecord, parseRecord } from "../chat/json-record.ts";

export interface StreamObserver {
  /** Takes the next bytes of the stream, cut anywhere. */
  push(bytes: Buffer): void;
  /** How many events so far had real output: content, reasoning, a tool call, a finish. */
  readonly outputs: number;
  /** Whether the stream is whole: every choice has its `finish_reason`, or `[DONE]` has come, or an error event. */
  readonly complete: boolean;
  /** The error of an error event, if one came: its whole `data`, as bytes. */
  readonly error: Buffer | undefined;
  /** Where in an event the bytes so far end: between two, at the start of a line, or within one. */
  readonly boundary: "event" | "line" | "middle";
}

/** Lines longer than this are not looked into; they go by as they are. */
const maxLineBytes = 4 * 1024 * 1024;

export function createStreamObserver(): StreamObserver {
  let outputs = 0;
  let done = false;
  let error: Buffer | undefined;
  /** Whether each choice has its finish, by its index. */
  const finished = new Map<number, boolean>();
  let unfinished = 0;
  let tail = "";

  const onChoice = (choice: unknown) => {
    if (!isRecord(choice)) {
      return;
    }
    const index = typeof choice["index"] === "number" ? choice["index"] : 0;
    if (isPresent(choice["finish_reason"])) {
      unfinished -= finished.get(index) === false ? 1 : 0;
      finished.set(index, true);
      outputs += 1;
    } else {
      if (!finished.has(index)) {
        finished.set(index, false);
        unfinished += 1;
      }
      if (hasOutput(choice["delta"]) || isPresent(choice["text"])) {
        outputs += 1;
      }
    }
  };
  const onData = (data: string) => {
    if (data === "[DONE]") {
      done = true;
      return;
    }
    const value = parseRecord(data);
    if (value === undefined) {
      return;
    }
    if (isPresent(value["error"])) {
      error = Buffer.from(data, "latin1");
    } else if (Array.isArray(value["choices"])) {
      value["choices"].forEach(onChoice);
    }
  };
  const parser = createParser({
    onEvent: ({ data }) => onData(data),
    maxBufferSize: maxLineBytes,
  });

  return {
    push(bytes) {
      // Latin-1 keeps every byte apart, so UTF-8 may be split anywhere; only JSON's own characters matter here.
      const text = bytes.toString("latin1");
      tail = (tail + text.slice(-4)).slice(-4);
      try {
        parser.feed(text);
      } catch {
        // An endless line: what follows it can't be told apart, and is handed on unseen.
        parser.reset();
      }
    },
    get outputs() {
      return outputs;
    },
    get complete() {
      return done || error !== undefined || (finished.size > 0 && unfinished === 0);
    },
    get error() {
      return error;
    },
    get boundary() {
      if (tail === "" || /(?:\n\n|\r\r|\n\r\n)$/.test(tail)) {
        return "event";
      }
      return /[\r\n]$/.test(tail) ? "line" : "middle";
    },
  };
}

/** Anything but a role in a delta is output, unless it is empty. */
function hasOutput(delta: unknown): boolean {
  if (!isRecord(delta)) {
    return false;
  }
  for (const name in delta) {
    if (name !== "role" && isPresent(delta[name])) {
      return true;
    }
  }
  return false;
}

function isPresent(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== "" &&
    !(Array.isArray(value) && value.length === 0)
  );
}
