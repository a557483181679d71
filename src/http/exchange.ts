/** What the relay uses of an HTTP request and its response. Node's own objects are such; so are those of a request that the gateway hands over. */
import type { Readable, Writable } from "node:stream";
import type { HeaderFields } from "../text/header-fields.ts";

export interface ClientRequest extends Readable {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  readonly headers: HeaderFields;
  readonly socket: { readonly remoteAddress?: string | undefined };
  /** Which of the requests that the gateway has handed over this is; undefined for one of the listener. */
  readonly handedOverAs?: number | undefined;
  /** What the gateway has granted to the calling operator, such as `operator.write`. Only the gateway can set it. */
  readonly operatorScopes?: readonly string[] | undefined;
}

export interface ClientResponse extends Writable {
  readonly statusCode: number;
  readonly headersSent: boolean;
  /** Whether the client understands the chunked encoding, and the response has no encoding of its own. */
  readonly useChunkedEncodingByDefault?: boolean;
  /** Whether `write` applies the chunked encoding. */
  chunkedEncoding?: boolean;
  /** @param headers names and values in turn. */
  writeHead(status: number, headers?: string[]): ClientResponse;
}
