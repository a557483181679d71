/** An event stream of our own making, into a sink. */
import type { RelayError } from "../errors.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

export interface EventSink {
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
  const write = (text: string) => {
    if (!sink.signal.aborted) {
      sink.write(Buffer.from(text));
      timer?.refresh();
    }
  };
  const timer =
    keepAliveMs > 0 ? setInterval(() => write(": keepalive\n"), keepAliveMs) : undefined;
  const stop = () => clearInterval(timer);
  sink.signal.addEventListener("abort", stop, { once: true });
  const end = (...lines: string[]) => {
    stop();
    write(lines.map((line) => `data: ${line}\n\n`).join(""));
    if (!sink.signal.aborted) {
      sink.end();
    }
  };
  return {
    send: (value) => write(`data: ${JSON.stringify(value)}\n\n`),
    done: () => end("[DONE]"),
    fail: (error) =>
      end(error.answer?.bytes.toString("utf8") ?? JSON.stringify(error.toEnvelope()), "[DONE]"),
  };
}
