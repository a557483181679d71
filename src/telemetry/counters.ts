/** Counts requests and attempts since the start, for the status. */
import type { Subscriber } from "./events.ts";

export interface Totals {
  readonly requests: number;
  /** Requests with a client's error: an invalid body, a wrong key, an exceeded limit, or a provider's own 4xx. */
  readonly clientErrors: number;
  /** Requests that failed because of their providers. */
  readonly providerErrors: number;
  /** Requests that failed because of the relay, the gateway or their config. */
  readonly relayErrors: number;
  /** All attempts, including targets that were skipped. */
  readonly attempts: number;
}

export interface Counters {
  readonly subscriber: Subscriber;
  totals(): Totals;
}

export function createCounters(): Counters {
  let requests = 0;
  let attempts = 0;
  const errors = { client: 0, provider: 0, relay: 0 };
  return {
    subscriber: (event) => {
      if (event.kind === "request-end") {
        requests += 1;
        attempts += event.attempts.length;
        if (event.fault !== undefined) {
          errors[event.fault] += 1;
        }
      }
    },
    totals: () => ({
      requests,
      clientErrors: errors.client,
      providerErrors: errors.provider,
      relayErrors: errors.relay,
      attempts,
    }),
  };
}
