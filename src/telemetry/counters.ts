/** Totals since the start, for the operator's status. */
import type { Subscriber } from "./events.ts";

export interface Totals {
  readonly requests: number;
  readonly failed: number;
  readonly attempts: number;
}

export interface Counters {
  readonly subscriber: Subscriber;
  totals(): Totals;
}

export function createCounters(): Counters {
  let requests = 0;
  let failed = 0;
  let attempts = 0;
  return {
    subscriber: (event) => {
      if (event.kind === "request-end") {
        requests += 1;
        failed += event.outcome === "ok" ? 0 : 1;
        attempts += event.attempts.length;
      }
    },
    totals: () => ({ requests, failed, attempts }),
  };
}
