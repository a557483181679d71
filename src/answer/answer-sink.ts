/** Where an answer goes: the client's side of the relay, as the provider's side sees it. */
import type { StreamEvent } from "../text/event-reader.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { RelayError } from "../errors.ts";

/** What kind of body follows the head of an answer: server-sent events, or bytes whose length may be known. */
export type BodyKind =
  | { readonly kind: "events" }
  | { readonly kind: "bytes"; readonly length?: number };

/**
 * Takes one answer. Nothing reaches the client before `commit`, which is called at most once: that is the commit point,
 * after which no other attempt may speak. No member uses `this`.
 */
export interface AnswerSink {
  /** Aborted when the client is gone; the reason is a RelayError `client_closed`. */
  readonly signal: AbortSignal;
  /** Sends the status and those of the provider's headers that a client may see. */
  commit(status: number, providerHeaders: HeaderFields, body: BodyKind): void;
  /**
   * Sends bytes of the body. False asks the caller to wait for `whenDrained` before the next ones.
   * @throws RelayError where the answer can't go on; the caller then breaks it off.
   */
  write(chunk: Buffer): boolean;
  /** Calls back once, when the client has taken what was written. */
  whenDrained(callback: () => void): void;
  /** Ends the answer, whole. */
  end(): void;
  /**
   * Ends an answer that is not whole, so that nobody takes it for one: events with an error event, bytes by breaking the
   * connection.
   * @param boundary where in an event what was sent ends; undefined for a body of bytes.
   */
  breakOff(error: RelayError, boundary: "event" | "line" | "middle" | undefined): void;
}

/**
 * What a provider's end writes to: a sink that also gets the events which the one reader of the stream has found. A client's
 * end needs the bytes only, so every sink is a pipe.
 *
 * A stage of a pipe is `{ ...next, write(chunk, events) { … } }`: it overrides what it changes, and everything else goes on to
 * the next stage.
 */
export interface AnswerPipe extends Omit<AnswerSink, "write" | "end"> {
  /**
   * Sends bytes of the body.
   * @param events of an event stream, those that end in `chunk`; one may have begun in an earlier chunk. A body of bytes has none.
   * @throws RelayError where the answer can't go on; the caller then breaks it off.
   */
  write(chunk: Buffer, events: readonly StreamEvent[]): boolean;
  /**
   * Ends the answer, whole.
   * @param rest the bytes behind the last event of a stream. They were part of a chunk, so only a stage that works on events
   * needs them.
   */
  end(rest: Buffer): void;
}
