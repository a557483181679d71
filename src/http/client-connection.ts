/** The client's end of a request: how it goes away, and how an answer reaches it. */
import type { ServerResponse } from "node:http";
import { type Trace, traceHeaders } from "../telemetry/trace.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";
import { responseHeaders } from "../upstream/headers.ts";

export interface ClientConnection {
  readonly sink: AnswerSink;
  /** Whether a status has gone out already. */
  readonly committed: boolean;
  /** Sends a complete answer. Does nothing once something was sent, or when nobody is there to read it. */
  send(status: number, headers: readonly string[], body: Buffer): void;
  /** Resolves when the response has ended, one way or the other. The host counts the request as open until then. */
  readonly closed: Promise<void>;
}

/** Takes charge of a response. One listener on its `close`: `close` on the request is no disconnect. */
export function createClientConnection(response: ServerResponse, trace: Trace): ClientConnection {
  const gone = new AbortController();
  const closed = new Promise<void>((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) {
        gone.abort();
      }
      resolve();
    });
  });
  // A write that crosses the client's leaving raises an error here; `close` follows it and says all there is to say.
  response.on("error", () => undefined);

  const writeHead = (status: number, headers: readonly string[]) => {
    response.writeHead(status, [...headers, ...traceHeaders(trace)]);
  };
  return {
    closed,
    get committed() {
      return response.headersSent;
    },
    send(status, headers, body) {
      if (!response.headersSent && !gone.signal.aborted) {
        writeHead(status, [...headers, "content-length", String(body.length)]);
        response.end(body);
      }
    },
    sink: {
      signal: gone.signal,
      commit(status, providerHeaders, bodyBytes) {
        const headers = responseHeaders(providerHeaders);
        if (bodyBytes === undefined) {
          headers.push("cache-control", "no-cache");
        } else {
          headers.push("content-length", String(bodyBytes));
        }
        writeHead(status, headers);
      },
      write: (chunk) => response.write(chunk),
      whenDrained(callback) {
        response.once("drain", callback);
      },
      end() {
        response.end();
      },
      cut() {
        response.destroy();
      },
    },
  };
}
