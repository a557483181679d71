/** The circuit breakers and concurrency limits of providers, made when they are first needed. */
import { LRUCache } from "lru-cache";
import type { UpstreamPolicy } from "../config/schema.ts";
import { RelayError, tryAgainIn } from "../errors.ts";
import { type CircuitBreaker, createCircuitBreaker } from "../resilience/circuit-breaker.ts";
import { type Bulkhead, createBulkhead } from "../resilience/bulkhead.ts";
import { modelName, type Route } from "../routing/route.ts";
import type { Subscriber } from "../telemetry/events.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";

export interface Guards {
  /** One for each model at each base URL. */
  breaker(route: Route, policy: UpstreamPolicy["breaker"]): CircuitBreaker;
  /** One for each provider. */
  limit(provider: string): Bulkhead;
  gauges(): Omit<UpstreamGauges, "refusedCredentials">;
}

const maxBreakers = 1000;
const maxLimits = 1000;
/** Requests that may wait for one provider. */
const maxQueued = 1000;

export function createGuards(publish: Subscriber): Guards {
  const breakers = new LRUCache<
    string,
    { readonly target: string; readonly breaker: CircuitBreaker }
  >({
    max: maxBreakers,
  });
  const limits = new LRUCache<string, Bulkhead>({ max: maxLimits });
  const ids = new WeakMap<Route, string>();

  return {
    breaker(route, policy) {
      let id = ids.get(route);
      if (id === undefined) {
        id = JSON.stringify([route.baseUrl, route.provider, route.modelId, policy]);
        ids.set(route, id);
      }
      let known = breakers.get(id);
      if (known === undefined) {
        const target = modelName(route);
        known = {
          target,
          breaker: createCircuitBreaker({
            ...policy,
            verdict: (failure) =>
              failure instanceof RelayError ? failure.consequence.health : "neutral",
            openError: (waitMs) => circuitOpen(target, waitMs),
            onChange: (state) => publish({ kind: "circuit-change", target, state }),
          }),
        };
        breakers.set(id, known);
      }
      return known.breaker;
    },
    limit(provider) {
      let limit = limits.get(provider);
      if (limit === undefined) {
        limit = createBulkhead({
          maxQueued,
          fullError: ({ queueTimeoutMs }) => concurrencyLimit(provider, queueTimeoutMs),
        });
        limits.set(provider, limit);
      }
      return limit;
    },
    gauges() {
      const all = [...limits.values()];
      return {
        active: all.reduce((sum, { active }) => sum + active, 0),
        queued: all.reduce((sum, { queued }) => sum + queued, 0),
        openCircuits: [...breakers.values()]
          .filter(({ breaker }) => breaker.state.kind !== "closed")
          .map(({ target }) => target),
      };
    },
  };
}

function circuitOpen(target: string, waitMs: number): RelayError {
  return new RelayError(
    "circuit_open",
    `${target} has failed too often and is left alone for now. Try again later.`,
    tryAgainIn(waitMs),
  );
}

function concurrencyLimit(provider: string, waitMs: number): RelayError {
  return new RelayError(
    "concurrency_limit",
    `The provider ${JSON.stringify(provider)} has as many requests as it may have. Try again later.`,
    tryAgainIn(waitMs),
  );
}
