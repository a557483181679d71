/** Transforms a stream of server-sent events: may delay, reorder or drop events. */
import type { StreamEvent } from "../text/event-reader.ts";

export interface EventTransform {
  /**
   * Takes the next event.
   * @returns the events to send now.
   * @throws RelayError, with a code that is not retried, if the stream cannot continue.
   */
  push(event: StreamEvent): readonly StreamEvent[];
  /** Returns the events that are still held when the stream ends. */
  end(): readonly StreamEvent[];
}
