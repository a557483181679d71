/** Finds the policy, circuit breaker and bulkhead for calls to a provider; creates them on first use. */
import { LRUCache } from "lru-cache";
import { upstreamPolicy } from "../config/policy.ts";
import type { RelayConfig, UpstreamPolicy } from "../config/schema.ts";
import type { ConfigSource } from "../config/source.ts";
import { RelayError, tryAgainIn } from "../errors.ts";
import { type CircuitBreaker, createCircuitBreaker } from "../resilience/circuit-breaker.ts";
import { type Bulkhead, createBulkhead } from "../resilience/bulkhead.ts";
import { modelName, type Route } from "../routing/route.ts";
import type { ModelRoute, Subscriber } from "../telemetry/events.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";

/** The guards of one route, according to the current config. */
interface RouteGuards {
  /** `provider/model`. */
  readonly target: string;
  /** The same for records that outlive the request: a route holds secrets. */
  readonly name: ModelRoute;
  readonly policy: UpstreamPolicy;
  /** Shared by all routes to the same model at the same base URL. */
  readonly breaker: CircuitBreaker;
  /** Shared by all routes to the same provider. */
  readonly bulkhead: Bulkhead;
}

export interface Guards {
  of(route: Route): RouteGuards;
  /** False while the route's circuit is open. */
  isHealthy(route: Route): boolean;
  /** The current state, for the status. */
  gauges(): Omit<UpstreamGauges, "refusedCredentials">;
}

export interface GuardsOptions {
  readonly host: ConfigSource;
  readonly publish: Subscriber;
}

const maxBreakers = 1000;
const maxBulkheads = 1000;
/** Requests that may wait for one provider. */
const maxQueued = 1000;

/** The keys of a route's guards. Computed once for each route and config. */
interface RouteKey {
  readonly config: RelayConfig;
  readonly target: string;
  readonly name: ModelRoute;
  readonly policy: UpstreamPolicy;
  readonly breakerId: string;
}

export function createGuards({ host, publish }: GuardsOptions): Guards {
  const breakers = new LRUCache<
    string,
    { readonly target: string; readonly breaker: CircuitBreaker }
  >({ max: maxBreakers });
  const bulkheads = new LRUCache<string, Bulkhead>({ max: maxBulkheads });
  const keys = new WeakMap<Route, RouteKey>();

  const keyOf = (route: Route): RouteKey => {
    const config = host.config();
    let key = keys.get(route);
    if (key?.config !== config) {
      const { baseUrl, provider, modelId, agentId } = route;
      const policy = upstreamPolicy(config, provider, agentId);
      const breakerId = JSON.stringify([baseUrl, provider, modelId, policy.breaker]);
      const name = { provider, modelId };
      key = { config, target: modelName(route), name, policy, breakerId };
      keys.set(route, key);
    }
    return key;
  };

  const breakerOf = ({ breakerId, target, policy }: RouteKey): CircuitBreaker => {
    let known = breakers.get(breakerId);
    if (known === undefined) {
      const breaker = createCircuitBreaker({
        ...policy.breaker,
        verdict: (failure) =>
          failure instanceof RelayError ? failure.consequence.health : "neutral",
        openError: (waitMs) => circuitOpen(target, waitMs),
        onChange: (state) => publish({ kind: "circuit-change", target, state }),
      });
      known = { target, breaker };
      breakers.set(breakerId, known);
    }
    return known.breaker;
  };

  const bulkheadOf = (provider: string): Bulkhead => {
    let bulkhead = bulkheads.get(provider);
    if (bulkhead === undefined) {
      bulkhead = createBulkhead({
        maxQueued,
        fullError: ({ queueTimeoutMs }) => concurrencyLimit(provider, queueTimeoutMs),
      });
      bulkheads.set(provider, bulkhead);
    }
    return bulkhead;
  };

  return {
    of(route) {
      const key = keyOf(route);
      const { target, name, policy } = key;
      return {
        target,
        name,
        policy,
        breaker: breakerOf(key),
        bulkhead: bulkheadOf(route.provider),
      };
    },
    isHealthy: (route) => breakers.peek(keyOf(route).breakerId)?.breaker.state.kind !== "open",
    gauges() {
      const providers = [...bulkheads].map(([provider, { active, queued }]) => ({
        provider,
        active,
        queued,
      }));
      const circuits = [...breakers.values()].flatMap(({ target, breaker }) => {
        const { kind } = breaker.state;
        return kind === "closed" ? [] : [{ target, state: kind }];
      });
      return {
        active: providers.reduce((sum, { active }) => sum + active, 0),
        queued: providers.reduce((sum, { queued }) => sum + queued, 0),
        providers,
        circuits,
        openCircuits: circuits.map(({ target }) => target),
      };
    },
  };
}
function circuitOpen(target: string, waitMs: number): RelayError {
  return new RelayError(
    "circuit_open",
    `${target} failed too often and is skipped for now. Try again later.`,
    tryAgainIn(waitMs),
  );
}

function concurrencyLimit(provider: string, waitMs: number): RelayError {
  return new RelayError(
    "concurrency_limit",
    `The provider ${JSON.stringify(provider)} has reached its limit of concurrent requests. Try again later.`,
    tryAgainIn(waitMs),
  );
}
