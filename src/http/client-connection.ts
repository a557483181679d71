/** The client's end of a request: sends the answer, and notices a disconnect. */
import { RelayError } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { noteFirstOutput, type Trace, traceHeaders } from "../telemetry/trace.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { AnswerSink, BodyKind } from "../answer/answer-sink.ts";
import { type ChunkWriter, createChunkWriter, maxTextBytes } from "./chunk-writer.ts";
import type { ClientResponse } from "./exchange.ts";

export interface ClientConnection {
  readonly sink: AnswerSink;
  /**
   * Sends a complete answer, as one event if keep-alives were sent before. Does nothing if an answer has begun or the
   * client has disconnected.
   */
  send(status: number, headers: readonly string[], body: Buffer): void;
  /** Whether only keep-alives were sent so far, so that the answer must be sent as events. */
  isKeptAlive(): boolean;
  /** The kind of the answer that the sink has begun and not ended; undefined before and after. */
  underWay(): BodyKind["kind"] | undefined;
  /** Sends a comment line at this interval until the answer begins, so that the client does not time out. */
  keepAlive(intervalMs: number): void;
  /** Resolves when the response has ended or the client has disconnected. The host sees the request as open until then. */
  readonly closed: Promise<void>;
}

/**
 * Separates an error event from the bytes sent before it, by where these end. Never more line feeds than needed: older
 * versions of openai-go take a blank line for an event, and fail to parse its empty data (openai/openai-go#556).
 */
const separators = { event: "", line: "\n", middle: "\n\n" } as const;

const streamHeaders = [
  "content-type",
  "text/event-stream; charset=utf-8",
  "cache-control",
  "no-cache",
];

/**
 * Takes over a response. Only `close` of the response means a disconnect; `close` of the request does not.
 * @param protocol the client's protocol.
 */
export function createClientConnection(
  response: ClientResponse,
  trace: Trace,
  protocol: Protocol,
): ClientConnection {
  const disconnected = new AbortController();
  let keepAliveTimer: NodeJS.Timeout | undefined;
  /** Whether the answer has begun. Before that only keep-alives may have been sent. */
  let hasBegun = false;
  /** Whether a body of bytes is sent as the data of one event, because keep-alives were sent before it. */
  let isOneEvent = false;
  let underWay: BodyKind["kind"] | undefined;
  /** The length of a body of bytes, if it is known. */
  let wholeLength: number | undefined;
  /** Writes the chunks of the HTTP encoding; undefined where Node does. */
  let chunks: ChunkWriter | undefined;

  const closed = new Promise<void>((resolve) => {
    const onClose = () => {
      clearInterval(keepAliveTimer);
      if (!response.writableFinished) {
        disconnected.abort(new RelayError("client_closed", "The client closed its connection."));
      }
      resolve();
    };
    // The client may have disconnected while the gateway authenticated it. `close` does not fire again then.
    if (response.closed) {
      onClose();
    } else {
      response.once("close", onClose);
    }
  });
  // A write after a disconnect emits an error. Ignore it: `close` follows.
  response.on("error", () => undefined);

  const begin = (status: number, headers: readonly string[]) => {
    hasBegun = true;
    clearInterval(keepAliveTimer);
    if (!response.headersSent) {
      const limits = trace.limitHeaders?.() ?? [];
      const others = limits.length === 0 ? headers : withoutRateLimits(headers);
      response.writeHead(status, others.concat(traceHeaders(trace), limits));
    }
  };

  return {
    closed,
    isKeptAlive: () => response.headersSent && !hasBegun,
    underWay: () => (response.writableEnded ? undefined : underWay),
    send(status, headers, body) {
      if (hasBegun || disconnected.signal.aborted) {
        return;
      }
      if (response.headersSent) {
        begin(status, headers);
        response.end(asEvent(body));
      } else {
        begin(status, [...headers, "content-length", String(body.length)]);
        response.end(body);
      }
    },
    keepAlive(intervalMs) {
      keepAliveTimer = setInterval(() => {
        if (!response.headersSent) {
          response.writeHead(200, [
            ...streamHeaders,
            "x-openclaw-request-id",
            trace.requestId,
            ...(trace.limitHeaders?.() ?? []),
          ]);
        }
        // Without a blank line, for the same reason as `separators`.
        response.write(": keepalive\n");
      }, intervalMs);
    },
    sink: {
      signal: disconnected.signal,
      commit(status, providerHeaders, body) {
        noteFirstOutput(trace);
        underWay = body.kind;
        const isBytes = body.kind === "bytes";
        isOneEvent = response.headersSent && isBytes;
        wholeLength = isBytes && !isOneEvent ? body.length : undefined;
        const isChunked =
          !isBytes && !response.headersSent && response.useChunkedEncodingByDefault === true;
        const headers = responseHeaders(providerHeaders);
        addFraming(headers, body, isChunked);
        begin(status, headers);
        chunks = isChunked ? createChunkWriter(response) : undefined;
        if (isOneEvent) {
          response.write(eventStart);
        }
      },
      write(chunk) {
        if (chunks !== undefined) {
          return chunks.write(chunk);
        }
        if (chunk.length === wholeLength && chunk.length <= maxTextBytes) {
          // Node sends the head and a text in one piece.
          response.end(chunk.toString("latin1"), "latin1");
          return true;
        }
        return response.write(isOneEvent ? onOneLine(chunk) : chunk);
      },
      whenDrained(callback) {
        if (chunks === undefined) {
          response.once("drain", callback);
        } else {
          chunks.whenDrained(callback);
        }
      },
      end() {
        if (chunks !== undefined) {
          chunks.end();
        } else if (!response.writableEnded) {
          response.end(isOneEvent ? eventEnd : undefined);
        }
      },
      breakOff(error, boundary) {
        if (boundary === undefined) {
          response.destroy();
        } else {
          const event = Buffer.from(separators[boundary] + protocol.errorEvent(error));
          if (chunks === undefined) {
            response.end(event);
          } else {
            chunks.write(event);
            chunks.end();
          }
        }
      },
    },
  };
}

/** Removes the provider's rate limits: the holder of a virtual key gets the key's limits instead. */
function withoutRateLimits(headers: readonly string[]): string[] {
  const others: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (!name.startsWith("x-ratelimit-")) {
      others.push(name, value);
    }
  }
  return others;
}

function addFraming(headers: string[], body: BodyKind, isChunked: boolean): void {
  if (body.kind === "events") {
    headers.push("cache-control", "no-cache");
    if (isChunked) {
      headers.push("transfer-encoding", "chunked");
    }
  } else if (body.length !== undefined) {
    headers.push("content-length", String(body.length));
  }
}

const eventStart = "data: ";
const eventEnd = "\n\n";

/** Wraps a body into one server-sent event. */
function asEvent(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(eventStart), onOneLine(body), Buffer.from(eventEnd)]);
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/**
 * Replaces line ends by spaces, so that a JSON body fits into one `data:` line. Both are white space in JSON, and strings
 * contain no raw line ends (RFC 8259, sections 2 and 7). The length stays the same, so chunks need no buffering.
 */
function onOneLine(bytes: Buffer): Buffer {
  if (!bytes.includes(lineFeed) && !bytes.includes(carriageReturn)) {
    return bytes;
  }
  const line = Buffer.from(bytes);
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === lineFeed || line[at] === carriageReturn) {
      line[at] = space;
    }
  }
  return line;
}

/** Selects the provider's headers that a client may see, by an allow-list. */
const fromProvider: ReadonlySet<string> = new Set(["content-type", "x-request-id"]);

/** The provider's headers that a client may see, as a flat list of names and values. */
export function responseHeaders(provider: HeaderFields): string[] {
  const list: string[] = [];
  for (const name in provider) {
    const value = provider[name];
    if (value !== undefined && crossesToClient(name)) {
      list.push(name, Array.isArray(value) ? value.join(", ") : value);
    }
  }
  return list;
}

function crossesToClient(name: string): boolean {
  return (
    fromProvider.has(name) || name.startsWith("retry-after") || name.startsWith("x-ratelimit-")
  );
}
