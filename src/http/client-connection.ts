/** The client's end of a request: how it goes away, and how an answer reaches it. */
import type { ServerResponse } from "node:http";
import { RelayError } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { type Trace, traceHeaders } from "../telemetry/trace.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { AnswerSink, BodyKind } from "../answer/answer-sink.ts";

export interface ClientConnection {
  readonly sink: AnswerSink;
  /**
   * Sends a complete answer; as an event, when keep-alives have gone out before. Does nothing once an answer was begun,
   * or when nobody is there to read it.
   */
  send(status: number, headers: readonly string[], body: Buffer): void;
  /** Whether keep-alives have gone out, so that whatever follows has to be events. */
  readonly keptAlive: boolean;
  /** Sends comment lines while nothing else has been sent, so that the client does not give up. */
  keepAlive(intervalMs: number): void;
  /** Resolves when the response has ended, one way or the other. The host counts the request as open until then. */
  readonly closed: Promise<void>;
}

/** What separates an error event from what was sent before it. A blank line more than is needed has crashed clients. */
const separators = { event: "", line: "\n", middle: "\n\n" } as const;

const streamHeaders = [
  "content-type",
  "text/event-stream; charset=utf-8",
  "cache-control",
  "no-cache",
];

/**
 * Takes charge of a response. One listener on its `close`: `close` on the request is no disconnect.
 * @param protocol what the client speaks.
 */
export function createClientConnection(
  response: ServerResponse,
  trace: Trace,
  protocol: Protocol,
): ClientConnection {
  const gone = new AbortController();
  let keepAliveTimer: NodeJS.Timeout | undefined;
  /** The answer has begun; what went out before it were keep-alives. */
  let begun = false;
  /** Keep-alives have gone out, so a body of bytes goes out as the data of one event. */
  let isOneEvent = false;

  const closed = new Promise<void>((resolve) => {
    const onClose = () => {
      clearInterval(keepAliveTimer);
      if (!response.writableFinished) {
        gone.abort(new RelayError("client_closed", "The client closed its connection."));
      }
      resolve();
    };
    // The gateway takes a moment to say who calls. A client that left meanwhile has no `close` to come.
    if (response.closed) {
      onClose();
    } else {
      response.once("close", onClose);
    }
  });
  // A write that crosses the client's leaving raises an error here; `close` follows it and says all there is to say.
  response.on("error", () => undefined);

  const begin = (status: number, headers: readonly string[]) => {
    begun = true;
    clearInterval(keepAliveTimer);
    if (!response.headersSent) {
      const limits = trace.limitHeaders?.() ?? [];
      const others = limits.length === 0 ? headers : withoutRateLimits(headers);
      response.writeHead(status, [...others, ...traceHeaders(trace), ...limits]);
    }
  };

  return {
    closed,
    get keptAlive() {
      return response.headersSent && !begun;
    },
    send(status, headers, body) {
      if (begun || gone.signal.aborted) {
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
        response.write(": keepalive\n");
      }, intervalMs);
    },
    sink: {
      signal: gone.signal,
      commit(status, providerHeaders, body) {
        isOneEvent = response.headersSent && body.kind === "bytes";
        begin(status, [...responseHeaders(providerHeaders), ...framingOf(body)]);
        if (isOneEvent) {
          response.write(eventStart);
        }
      },
      write: (chunk) => response.write(isOneEvent ? onOneLine(chunk) : chunk),
      whenDrained(callback) {
        response.once("drain", callback);
      },
      end() {
        response.end(isOneEvent ? eventEnd : undefined);
      },
      breakOff(error, boundary) {
        if (boundary === undefined) {
          response.destroy();
        } else {
          response.end(separators[boundary] + protocol.errorEvent(error));
        }
      },
    },
  };
}

/** A provider's limits are its operator's; the holder of a key sees those of the key. */
function withoutRateLimits(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const [name = "", value = ""] = headers.slice(at, at + 2);
    if (!name.startsWith("x-ratelimit-")) {
      kept.push(name, value);
    }
  }
  return kept;
}

function framingOf(body: BodyKind): readonly string[] {
  if (body.kind === "events") {
    return ["cache-control", "no-cache"];
  }
  return body.length === undefined ? [] : ["content-length", String(body.length)];
}

const eventStart = "data: ";
const eventEnd = "\n\n";

/** A body as one server-sent event. */
function asEvent(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(eventStart), onOneLine(body), Buffer.from(eventEnd)]);
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;

/**
 * The same bytes with spaces for line ends, so that they fit into one `data:` line. In JSON both are white space, and
 * neither stands inside a string (RFC 8259, sections 2 and 7). Byte for byte, so a body of any length needs no buffer.
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

const fromProviderPrefixes = ["retry-after", "x-ratelimit-"] as const;

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
  return fromProvider.has(name) || fromProviderPrefixes.some((prefix) => name.startsWith(prefix));
}
