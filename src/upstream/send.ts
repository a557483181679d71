/** Sends requests to providers over their connection pools. */
import type { Dispatcher } from "undici";
import { decoded } from "./decoded.ts";

/** Sends one request, and reports the answer to the handler. Called once. */
export type Send = (handler: Dispatcher.DispatchHandler) => void;

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
