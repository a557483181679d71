/** Observes the progress of a stream of chat-completion chunks. Changes nothing. */
import { isRecord } from "../../text/json.ts";
import type { StreamEvent } from "../../text/event-reader.ts";
import type { StreamObserver } from "../protocol.ts";
import { choiceIndex, fact, factsOf, hasOutput, isPresent } from "./chunk-facts.ts";

/** A stream is complete after `[DONE]`, after an error event, or when every choice has its `finish_reason`. */
export function createStreamObserver(): StreamObserver {
  return new ChunkObserver();
}

/** A class, because one is made per stream: getters in an object literal are slow to create and take half a kilobyte. */
class ChunkObserver implements StreamObserver {
  outputs = 0;
  error: Buffer | undefined = undefined;
  #isDone = false;
  /** By the index of a choice: whether it has finished. */
  readonly #finished = new Map<number, boolean>();
  #unfinished = 0;

  get complete(): boolean {
    return (
      this.#isDone ||
      this.error !== undefined ||
      (this.#finished.size > 0 && this.#unfinished === 0)
    );
  }

  push(event: StreamEvent): void {
    const facts = factsOf(event);
    if ((facts & fact.done) !== 0) {
      this.#isDone = true;
    } else if ((facts & fact.error) !== 0) {
      this.error = Buffer.from(event.data ?? "");
    } else if ((facts & fact.oneChoice) !== 0) {
      this.#onChoice(0, (facts & fact.finish) !== 0, (facts & fact.output) !== 0);
    } else if ((facts & fact.otherChoices) !== 0) {
      const choices = event.json?.["choices"];
      for (const choice of Array.isArray(choices) ? (choices as readonly unknown[]) : []) {
        if (isRecord(choice)) {
          const isFinish = isPresent(choice["finish_reason"]);
          this.#onChoice(choiceIndex(choice), isFinish, hasOutput(choice));
        }
      }
    }
  }

  #onChoice(index: number, isFinish: boolean, isOutput: boolean): void {
    if (isFinish) {
      this.#unfinished -= this.#finished.get(index) === false ? 1 : 0;
      this.#finished.set(index, true);
      this.outputs += 1;
      return;
    }
    if (!this.#finished.has(index)) {
      this.#finished.set(index, false);
      this.#unfinished += 1;
    }
    if (isOutput) {
      this.outputs += 1;
    }
  }
}
