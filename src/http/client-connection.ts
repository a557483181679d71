/** The client's end of a request: how it goes away, and how an answer reaches it. */
import type { ServerResponse } from "node:http";
import { RelayError } from "../errors.ts";
import { type Trace, traceHeaders } from "../telemetry/trace.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";
import { responseHeaders } from "../upstream/headers.ts";

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

/** Takes charge of a response. One listener on its `close`: `close` on the request is no disconnect. */
export function createClientConnection(response: ServerResponse, trace: Trace): ClientConnection {
  const gone = new AbortController();
  let keepAliveTimer: NodeJS.Timeout | undefined;
  /** The answer has begun; what went out before it were keep-alives. */
  let begun = false;
  /** Keep-alives have gone out, and a body that is no event stream has to become an event: its parts. */
  let eventParts: Buffer[] | undefined;

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
      response.writeHead(status, [...headers, ...traceHeaders(trace)]);
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
          response.writeHead(200, [...streamHeaders, "x-openclaw-request-id", trace.requestId]);
        }
        response.write(": keepalive\n");
      }, intervalMs);
    },
    sink: {
      signal: gone.signal,
      commit(status, providerHeaders, bodyBytes) {
        const isStream = bodyBytes === undefined;
        if (response.headersSent && !isStream) {
          eventParts = [];
        }
        const framing = isStream
          ? ["cache-control", "no-cache"]
          : ["content-length", String(bodyBytes)];
        begin(status, [...responseHeaders(providerHeaders), ...framing]);
      },
      write(chunk) {
        if (eventParts === undefined) {
          return response.write(chunk);
        }
        eventParts.push(chunk);
        return true;
      },
      whenDrained(callback) {
        response.once("drain", callback);
      },
      end() {
        response.end(eventParts === undefined ? undefined : asEvent(Buffer.concat(eventParts)));
      },
      breakOff(error, boundary) {
        if (boundary === undefined) {
          response.destroy();
        } else {
          const event = asEvent(Buffer.from(JSON.stringify(error.toEnvelope())));
          response.end(`${separators[boundary]}${event}`);
        }
      },
    },
  };
}

/** A body as one server-sent event. */
function asEvent(body: Buffer): string {
  return `data: ${body
    .toString("utf8")
    .trim()
    .replaceAll(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}
