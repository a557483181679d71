/** Sends requests to providers over their connection pools. */
import type { Dispatcher } from "undici";
import type { StreamEvent } from "../text/event-reader.ts";
import { decoded } from "./decoded.ts";

/** What an answer is reported to: undici's handler, which also takes events that the sender has written itself. */
export interface AnswerHandler extends Dispatcher.DispatchHandler {
  /** Takes the next events of a stream in the client's protocol. They are whole, and what they say is noted. */
  onEvents?(events: readonly StreamEvent[]): void;
}

/** Sends one request, and reports the answer to the handler. Called once. */
export type Send = (handler: AnswerHandler) => void;

/** A complete request to a provider. */
export interface ProviderRequest {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  readonly body: Buffer;
}

/** The handler gets the answer's body decompressed. */
export function sendOver(pool: Dispatcher, { origin, path, headers, body }: ProviderRequest): Send {
  return (handler) => {
    pool.dispatch({ origin, path, method: "POST", headers, body }, decoded(handler));
  };
}
