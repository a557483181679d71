/** Observes the progress of a stream of chat-completion chunks. Changes nothing. */
import { isRecord } from "../../text/json.ts";
import type { StreamObserver } from "../protocol.ts";
import { choiceIndex, fact, factsOf, hasOutput, isPresent } from "./chunk-facts.ts";

/** A stream is complete after `[DONE]`, after an error event, or when every choice has its `finish_reason`. */
export function createStreamObserver(): StreamObserver {
  let outputs = 0;
  let done = false;
  let error: Buffer | undefined;
  /** By the index of a choice: whether it has finished. */
  const finished = new Map<number, boolean>();
  let unfinished = 0;

  const onChoice = (index: number, isFinish: boolean, isOutput: boolean) => {
    if (isFinish) {
      unfinished -= finished.get(index) === false ? 1 : 0;
      finished.set(index, true);
      outputs += 1;
    } else {
      if (!finished.has(index)) {
        finished.set(index, false);
        unfinished += 1;
      }
      if (isOutput) {
        outputs += 1;
      }
    }
  };

  return {
    push(event) {
      const facts = factsOf(event);
      if ((facts & fact.done) !== 0) {
        done = true;
      } else if ((facts & fact.error) !== 0) {
        error = Buffer.from(event.data ?? "");
      } else if ((facts & fact.oneChoice) !== 0) {
        onChoice(0, (facts & fact.finish) !== 0, (facts & fact.output) !== 0);
      } else if ((facts & fact.otherChoices) !== 0) {
        const choices = event.json?.["choices"];
        for (const choice of Array.isArray(choices) ? (choices as readonly unknown[]) : []) {
          if (isRecord(choice)) {
            onChoice(choiceIndex(choice), isPresent(choice["finish_reason"]), hasOutput(choice));
          }
        }
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
