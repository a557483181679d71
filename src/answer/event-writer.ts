/** Writes an event stream that the relay itself produces into a sink. */
import { RelayError } from "../errors.ts";
import type { AnswerSink } from "./answer-sink.ts";

/** Bytes that a client may leave unread. A bound, because agent text arrives by callback and cannot be paused. */
const maxUnreadBytes = 1024 * 1024;

export interface EventSink {
  /** Aborted with a RelayError `client_too_slow` if the client leaves too much unread. Later events are dropped. */
  readonly signal: AbortSignal;
  /** Sends an event. @param event its whole text, including the blank line at its end. */
  send(event: string): void;
  /** Ends the stream. @param events the last events; they are sent even if the client has left too much unread. */
  end(events: string): void;
}

/**
 * Commits a 200 and starts an event stream.
 * @param keepAliveMs interval of comment lines in a silent stream; 0 disables them.
 */
export function openEvents(sink: AnswerSink, keepAliveMs: number): EventSink {
  sink.commit(200, { "content-type": "text/event-stream; charset=utf-8" }, { kind: "events" });
  const overflow = new AbortController();
  /** Bytes written since the client had last taken everything. */
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
  return {
    signal: overflow.signal,
    send: write,
    end(events) {
      stop();
      if (!sink.signal.aborted) {
        send(Buffer.from(events));
        sink.end();
      }
    },
  };
}

function tooSlow(): RelayError {
  return new RelayError(
    "client_too_slow",
    `The client left ${maxUnreadBytes} bytes of the stream unread, so the agent's run was ended. Read the stream as it arrives.`,
  );
}
