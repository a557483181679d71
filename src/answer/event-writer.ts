/** An event stream of our own making, into a sink. */
import { RelayError } from "../errors.ts";
import type { AnswerSink } from "./answer-sink.ts";

/** Bytes that a client may leave unread: an agent's text comes by callback, and can't be made to wait. */
const maxUnreadBytes = 1024 * 1024;

export interface EventSink {
  /** Aborted, with a RelayError `client_too_slow`, when the client has left too much unread. Nothing more is sent then. */
  readonly signal: AbortSignal;
  /** Sends an object as an event. */
  send(value: object): void;
  /** Ends a whole stream. */
  done(): void;
  /** Ends a stream that is not whole: an error event, then the end that core's clients wait for. */
  fail(error: RelayError): void;
}

/**
 * Begins an event stream at once.
 * @param keepAliveMs how often a silent stream gets a comment line; 0 for never.
 */
export function openEvents(sink: AnswerSink, keepAliveMs: number): EventSink {
  sink.commit(200, { "content-type": "text/event-stream; charset=utf-8" }, { kind: "events" });
  const overflow = new AbortController();
  /** Since the client was last seen to have taken all. */
  let unreadBytes = 0;
  let isFull = false;
  const send = (chunk: Buffer) => {
    unreadBytes += chunk.length;
    const hasRoom = sink.write(chunk);
    if (hasRoom && !isFull) {
      unreadBytes = 0;
    } else if (!isFull) {
      isFull = true;
      sink.whenDrained(() => {
        isFull = false;
        unreadBytes = 0;
      });
    }
    timer?.refresh();
  };
  const write = (text: string) => {
    if (sink.signal.aborted || overflow.signal.aborted) {
      return;
    }
    const chunk = Buffer.from(text);
    if (isFull && unreadBytes + chunk.length > maxUnreadBytes) {
      overflow.abort(tooSlow());
    } else {
      send(chunk);
    }
  };
  const timer =
    keepAliveMs > 0 ? setInterval(() => write(": keepalive\n"), keepAliveMs) : undefined;
  const stop = () => clearInterval(timer);
  sink.signal.addEventListener("abort", stop, { once: true });
  const end = (...lines: string[]) => {
    stop();
    if (!sink.signal.aborted) {
      send(Buffer.from(lines.map((line) => `data: ${line}\n\n`).join("")));
      sink.end();
    }
  };
  return {
    signal: overflow.signal,
    send: (value) => write(`data: ${JSON.stringify(value)}\n\n`),
    done: () => end("[DONE]"),
    fail: (error) =>
      end(error.answer?.bytes.toString("utf8") ?? JSON.stringify(error.toEnvelope()), "[DONE]"),
  };
}

function tooSlow(): RelayError {
  return new RelayError(
    "client_too_slow",
    `The client left ${maxUnreadBytes} bytes of the stream unread, so the agent's run was ended. Read the stream while it comes.`,
  );
}
