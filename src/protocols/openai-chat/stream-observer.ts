/** Observes the progress of a stream of chat-completion chunks. Changes nothing. */
import { isRecord } from "../../text/json.ts";
import type { StreamObserver } from "../protocol.ts";

/** A stream is complete after `[DONE]`, after an error event, or when every choice has its `finish_reason`. */
export function createStreamObserver(): StreamObserver {
  let outputs = 0;
  let done = false;
  let error: Buffer | undefined;
  /** By the index of a choice: whether it has finished. */
  const finished = new Map<number, boolean>();
  let unfinished = 0;

  const onChoice = (choice: unknown) => {
    if (!isRecord(choice)) {
      return;
    }
    const index = isStreamIndex(choice["index"]) ? choice["index"] : 0;
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

  return {
    push(event) {
      if (event.data === "[DONE]") {
        done = true;
        return;
      }
      const { json } = event;
      if (json === undefined) {
        return;
      }
      if (isPresent(json["error"])) {
        error = Buffer.from(event.data ?? "");
      } else if (Array.isArray(json["choices"])) {
        json["choices"].forEach(onChoice);
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
  };
}

/** Whether a delta has a member other than `role` that is not empty. */
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

/** Far more choices and tool calls than any request gets. */
const maxIndex = 1023;

/** Whether a provider's index of a choice or a tool call is valid. */
export function isStreamIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxIndex;
}
