/** The contract between the two ends of an answer: the provider's end writes, the client's end sends. */
import type { StreamEvent } from "../text/event-reader.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { RelayError } from "../errors.ts";

/** The body of an answer: server-sent events, or bytes whose length may be known. */
export type BodyKind =
  | { readonly kind: "events" }
  | { readonly kind: "bytes"; readonly length?: number };

/**
 * Receives one answer. Nothing reaches the client before `commit`, which is called at most once. That is the commit point:
 * after it, no other attempt may answer. No member uses `this`.
 */
export interface AnswerSink {
  /** Aborted when the client disconnects; the reason is a RelayError `client_closed`. */
  readonly signal: AbortSignal;
  /** Sends the status, and the provider's headers that a client may see. */
  commit(status: number, providerHeaders: HeaderFields, body: BodyKind): void;
  /**
   * Sends bytes of the body.
   * @returns false if the caller should wait for `whenDrained` before the next write.
   * @throws RelayError if the answer cannot continue; the caller must then call `breakOff`.
   */
  write(chunk: Buffer): boolean;
  /** Calls back once, when the connection has taken all that was written. */
  whenDrained(callback: () => void): void;
  /** Ends a complete answer. */
  end(): void;
  /**
   * Ends an incomplete answer, so that no client takes it for complete: an event stream gets an error event, a body of
   * bytes a broken connection.
   * @param boundary where within an event the sent bytes end; undefined for a body of bytes.
   */
  breakOff(error: RelayError, boundary: "event" | "line" | "middle" | undefined): void;
}

/**
 * A sink that also receives the parsed events of a stream. The provider's end writes to it. Every `AnswerSink` is an
 * `AnswerPipe` that ignores the events.
 *
 * A stage of a pipe is `{ ...next, write(chunk, events) { … } }`: it overrides what it changes and forwards the rest to the
 * next stage.
 */
export interface AnswerPipe extends Omit<AnswerSink, "write" | "end"> {
  /**
   * Sends bytes of the body.
   * @param events the events that end in `chunk`; one may have begun in an earlier chunk. Empty for a body of bytes.
   * @returns false if the caller should wait for `whenDrained` before the next write.
   * @throws RelayError if the answer cannot continue; the caller must then call `breakOff`.
   */
  write(chunk: Buffer, events: readonly StreamEvent[]): boolean;
  /**
   * Ends a complete answer.
   * @param rest the bytes after a stream's last event. They were already written with a chunk; only a stage that rewrites
   * the stream from its events needs them.
   */
  end(rest: Buffer): void;
}
