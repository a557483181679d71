/** A stage that holds the events of a stream, moves them or leaves them out. A body of bytes passes unchanged. */
import { joined, type StreamEvent } from "../text/event-reader.ts";
import type { AnswerPipe } from "./answer-sink.ts";
import type { EventTransform } from "./event-transform.ts";

/** @param createTransform makes one for each stream. */
export function transformedEvents(
  next: AnswerPipe,
  createTransform: () => EventTransform,
): AnswerPipe {
  /** Undefined for a body of bytes. */
  let transform: EventTransform | undefined;
  /** The last event that went on. */
  let last: StreamEvent | undefined;
  return {
    ...next,
    commit(status, providerHeaders, body) {
      transform = body.kind === "events" ? createTransform() : undefined;
      next.commit(status, providerHeaders, body);
    },
    write(chunk, events) {
      if (transform === undefined) {
        return next.write(chunk, events);
      }
      const given: StreamEvent[] = [];
      for (const event of events) {
        given.push(...transform.push(event));
      }
      last = given.at(-1) ?? last;
      return given.length === 0 || next.write(joined(given), given);
    },
    end(rest) {
      if (transform !== undefined) {
        const held = transform.end();
        const bytes = Buffer.concat([joined(held), rest]);
        if (bytes.length > 0) {
          next.write(bytes, held);
        }
      }
      next.end(rest);
    },
    breakOff(error, boundary) {
      // Whole events went on, or a piece of one that is too long.
      const sentTo = transform === undefined ? boundary : (last?.boundary ?? "event");
      next.breakOff(error, sentTo);
    },
  };
}
