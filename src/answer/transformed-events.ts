/** A pipe stage that applies an `EventTransform` to a stream. A body of bytes passes unchanged. */
import { joined, type StreamEvent } from "../text/event-reader.ts";
import type { AnswerPipe } from "./answer-sink.ts";
import type { EventTransform } from "./event-transform.ts";

/** @param createTransform called once per stream. */
export function transformedEvents(
  next: AnswerPipe,
  createTransform: () => EventTransform,
): AnswerPipe {
  /** Undefined for a body of bytes. */
  let transform: EventTransform | undefined;
  /** The last event that was sent. */
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
        for (const passed of transform.push(event)) {
          given.push(passed);
        }
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
      // The last sent event's boundary, not the provider's: held bytes were not sent. A too long event is sent in pieces.
      const sentTo = transform === undefined ? boundary : (last?.boundary ?? "event");
      next.breakOff(error, sentTo);
    },
  };
}
