/** Requests that the gateway hands over to the data plane: the messages of both sides, and their bounds. */

/** A request as the gateway has received and authenticated it. */
export interface HandedOver {
  readonly surface: "operator" | "keyed";
  /** What the gateway has granted to the caller; undefined on the keyed surface. */
  readonly operatorScopes: readonly string[] | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string | undefined;
  /** The whole body, if it was there already; else it follows in pieces. */
  readonly body: Uint8Array | undefined;
}

/** From the gateway's thread. */
export type RequestMessage =
  | readonly ["open", id: number, request: HandedOver]
  | readonly ["body", id: number, piece: Uint8Array]
  | readonly ["body-end", id: number]
  /** The client's connection took this many bytes of the answer. */
  | readonly ["taken", id: number, bytes: number]
  /** The client has disconnected. */
  | readonly ["gone", id: number];

/** From the data plane. */
export type ResponseMessage =
  | readonly ["head", id: number, status: number, headers: readonly string[]]
  /** A string has one character for each byte (`latin1`): cheaper than a small buffer. */
  | readonly ["data", id: number, piece: string | Uint8Array]
  | readonly ["end", id: number]
  /** The answer cannot be continued: close the client's connection. */
  | readonly ["destroy", id: number]
  /** The relay has read this many bytes of the body. */
  | readonly ["read", id: number, bytes: number];

/** Most bytes of a body or an answer that are on their way between the threads. */
export const windowBytes = 256 * 1024;
/** Least bytes that are reported as taken or read. Most requests and answers are smaller and need no report. */
export const reportBytes = windowBytes / 4;

/** Pieces up to this size are sent as strings. */
const maxStringBytes = 4096;

/** Returns a piece in the form in which it crosses threads, and the buffer that moves with it. */
export function toPiece(bytes: Buffer): { piece: string | Uint8Array; moved?: ArrayBuffer } {
  if (bytes.length <= maxStringBytes) {
    return { piece: bytes.toString("latin1") };
  }
  // A copy: the buffer may be a view of memory that others use.
  const piece = new Uint8Array(bytes);
  return { piece, moved: piece.buffer };
}
