/** An answer on its way from a provider's protocol to a client's. */
import type { AnswerEvent, AnswerFailure } from "../answer/answer-event.ts";
import type { EventWriter } from "../text/event-writer.ts";

export interface TranslatedAnswer {
  /** Writes events in the client's protocol, as far as there is something to send yet. */
  write(events: readonly AnswerEvent[], out: EventWriter): void;
  /** Writes the end, or the body of an answer that is sent whole; nothing if the provider has not finished its answer. */
  end(out: EventWriter): void;
  /** For an answer that is sent whole: the failure that it is instead. */
  readonly failure?: AnswerFailure | undefined;
}
