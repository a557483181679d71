/** Works on a stream of server-sent events: holds them, moves them or leaves them out. */
import type { StreamEvent } from "../text/event-reader.ts";

export interface EventTransform {
  /**
   * Takes the next event; gives those that may go on now.
   * @throws RelayError, of a code that is not tried again, for a stream that can't go on.
   */
  push(event: StreamEvent): readonly StreamEvent[];
  /** What is still held when the stream has ended. */
  end(): readonly StreamEvent[];
}
