/** An answer on its way from a provider's protocol to a client's. */
import type { AnswerEvent, AnswerFailure } from "../answer/answer-event.ts";

export interface TranslatedAnswer {
  /** Writes events, in the client's protocol; empty if there is nothing to send yet. */
  write(events: readonly AnswerEvent[]): string;
  /** Writes the end; empty if the provider has not finished its answer. */
  end(): string;
  /** For an answer that is sent whole: the failure that it is instead. */
  readonly failure?: AnswerFailure | undefined;
}
