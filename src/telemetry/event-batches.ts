/**
 * Hands events over in batches. Counting one request alone takes far longer than in a row of them: each time its code and its
 * tables have left the processor's caches.
 */
import type { RelayEvent, Subscriber } from "./events.ts";

export interface EventBatches {
  /** Takes an event, which must not change any more. */
  readonly subscriber: Subscriber;
  /** Hands over the events that wait; to be called before their counts are read. */
  flush(): void;
}

/** Some 100 requests, whose events take half a millisecond. */
const maxWaiting = 256;
/** Nobody sees a difference: counts are flushed before they are read, and the finest time step is 5 s. */
const maxWaitMs = 100;

/** @param hear gets the events in their order. */
export function createEventBatches(hear: Subscriber): EventBatches {
  let waiting: RelayEvent[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    for (const event of batch) {
      hear(event);
    }
  };

  return {
    subscriber(event) {
      waiting.push(event);
      if (waiting.length >= maxWaiting) {
        flush();
      } else {
        timer ??= setTimeout(flush, maxWaitMs).unref();
      }
    },
    flush,
  };
}
