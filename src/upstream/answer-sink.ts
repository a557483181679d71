/** Where an answer goes: the client's side of the relay, as the provider's side sees it. */
import type { HeaderFields } from "../chat/header-fields.ts";

/**
 * Takes one answer. Nothing reaches the client before `commit`, which is called at most once: that is the commit point,
 * after which no other attempt may speak.
 */
export interface AnswerSink {
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /**
   * Sends the status and those of the provider's headers that a client may see.
   * @param bodyBytes the length of the whole body, where it is known.
   */
  commit(status: number, providerHeaders: HeaderFields, bodyBytes: number | undefined): void;
  /** Sends bytes of the body. False asks the caller to wait for `whenDrained` before the next ones. */
  write(chunk: Buffer): boolean;
  /** Calls back once, when the client has taken what was written. */
  whenDrained(callback: () => void): void;
  /** Ends the answer, whole. */
  end(): void;
  /** Breaks the connection off, so that nobody takes what was sent for the whole answer. */
  cut(): void;
}
