/** Totals since the start, for the operator's status. */
import type { Subscriber } from "./events.ts";

export interface Totals {
  readonly requests: number;
  /** Requests that the client got wrong: a bad body, a wrong key, a used-up limit, what a provider answered with its own 4xx. */
  readonly clientErrors: number;
  /** Requests that failed for their providers. */
  readonly providerErrors: number;
  /** Requests that failed for the relay, the gateway or their config. */
  readonly relayErrors: number;
  /** All attempts at providers, with those that were passed over. */
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
