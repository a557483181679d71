/** Where an answer goes: the client's side of the relay, as the provider's side sees it. */
import type { HeaderFields } from "../chat/header-fields.ts";
import type { RelayError } from "../errors.ts";

/**
 * Takes one answer. Nothing reaches the client before `commit`, which is called at most once: that is the commit point,
 * after which no other attempt may speak.
 */
export interface AnswerSink {
  /** Aborted when the client is gone; the reason is a RelayError `client_closed`. */
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
  /**
   * Ends an answer that is not whole, so that nobody takes it for one: a stream with an error event, anything else by
   * breaking the connection.
   * @param boundary where in an event what was sent ends; undefined for an answer that is no event stream.
   */
  breakOff(error: RelayError, boundary: "event" | "line" | "middle" | undefined): void;
}
