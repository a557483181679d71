/** A sink whose event streams go through something that holds events, moves them or leaves them out. */
import type { EventTransform } from "./event-transform.ts";
import { createEventReader } from "../text/event-reader.ts";
import type { AnswerSink } from "./answer-sink.ts";

/** @param createChange makes one for each stream; other answers go by as they are. */
export function transformedEvents(
  sink: AnswerSink,
  createChange: () => EventTransform,
): AnswerSink {
  const reader = createEventReader();
  /** Undefined for a body of bytes. */
  let change: EventTransform | undefined;
  const write = (parts: readonly Buffer[]) => {
    const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    return bytes.length === 0 || sink.write(bytes);
  };
  return {
    signal: sink.signal,
    commit(status, providerHeaders, body) {
      change = body.kind === "events" ? createChange() : undefined;
      sink.commit(status, providerHeaders, body);
    },
    write(chunk) {
      const changing = change;
      return changing === undefined
        ? sink.write(chunk)
        : write(reader.push(chunk).flatMap((event) => changing.push(event)));
    },
    whenDrained: (callback) => sink.whenDrained(callback),
    end() {
      if (change !== undefined) {
        write([...change.end(), reader.rest()]);
      }
      sink.end();
    },
    breakOff(error, boundary) {
      sink.breakOff(error, boundary === undefined ? undefined : reader.givenBoundary);
    },
  };
}
