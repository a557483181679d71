/**
 * The way of a request to a provider, from the outside in: fallback over targets, retry on one target, the next key,
 * circuit breaker, concurrency limit, one attempt with its timeouts.
 */
import { upstreamPolicy } from "../config/policy.ts";
import type { UpstreamPolicy } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { backoffMs, createRetryBudget, type RetryBudget } from "../resilience/backoff.ts";
import { fallback } from "../resilience/fallback.ts";
import { retry } from "../resilience/retry.ts";
import type { Route, Target } from "../routing/route.ts";
import type { AttemptRecord } from "../telemetry/events.ts";
import { traced } from "../telemetry/trace.ts";
import { attempt } from "../upstream/attempt.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";
import { requestHeaders } from "../upstream/headers.ts";
import { providerUrl } from "../upstream/provider-url.ts";
import type { Guards } from "./guards.ts";
import type { RelayCall, RelayRequest } from "./mode.ts";
import { meteredCall } from "./metered-call.ts";
import type { KeyRing } from "./key-ring.ts";
import { reportedFailure } from "./reported-failure.ts";

export interface RelayCallOptions {
  readonly host: Pick<Host, "config">;
  readonly dispatchers: Dispatchers;
  readonly guards: Guards;
  readonly keys: KeyRing;
  /** How a target becomes a route. */
  readonly route: (target: Target) => Promise<Route>;
  /** What is called at the provider, under its base URL. */
  readonly resource: "/chat/completions" | "/embeddings";
  /** A number in [0, 1). */
  readonly random?: () => number;
}

export function createRelayCall(options: RelayCallOptions): RelayCall {
  const { host, dispatchers, guards, keys, resource, random = Math.random } = options;

  return (request) => {
    const { signal } = request.sink;
    const budget = createRetryBudget();
    /** The largest context window that was too small for this conversation, in tokens. */
    let tooSmallWindow = 0;

    const onTarget = async (target: Target): Promise<void> => {
      const route = await routeOf(options.route, request, target);
      const policy = upstreamPolicy(host.config(), route.provider, route.agentId);
      if (tooSmallWindow > 0 && (route.contextWindow ?? 0) <= tooSmallWindow) {
        throw new RelayError("context_window_too_small", "No target has a larger context window.");
      }
      await retry(() => keys.withKey(route, (key) => oneAttempt({ request, route, policy, key })), {
        retries: policy.retries,
        delayMs: (failure, attemptNumber) =>
          retryDelayMs(failure, { attemptNumber, budget, policy, random: random() }),
        signal,
      }).catch((failure: unknown) => {
        signal.throwIfAborted();
        if (failure instanceof RelayError && failure.code === "upstream_context_length") {
          // Nothing is known to be larger than what is not known.
          tooSmallWindow = Math.max(tooSmallWindow, route.contextWindow ?? Infinity);
        }
        throw failure;
      });
    };

    return fallback({
      targets: request.targets,
      attempt: onTarget,
      mayFallBack: (failure) =>
        failure instanceof RelayError && failure.consequence.fallback && !signal.aborted,
      report: reportedFailure,
    });
  };

  function oneAttempt({ request, route, policy, key }: AttemptInput): Promise<void> {
    return traced(request.trace, `${route.provider}/${route.modelId}`, async (record) => {
      record.route = route;
      const { grant, meter } = request;
      const countsTokens = grant?.countsTokens === true;
      const metered = meter && meteredCall({ ...request, meter, countsTokens, route });
      const sink = metered?.sink ?? request.sink;
      const answered = guards.breaker(route, policy.breaker).run((proven) =>
        guards.limit(route.provider).run(policy, request.sink.signal, () => {
          const body = (metered?.body ?? request.body).withModel(route.modelId);
          return attempt(
            {
              dispatcher: dispatchers.for(route, policy.connectTimeoutMs),
              ...providerUrl(route, resource),
              headers: requestHeaders(route, request.clientHeaders, key),
              body,
              stream: request.body.stream,
              timeouts: {
                firstTokenMs: policy.firstTokenTimeoutMs,
                idleMs: policy.idleTimeoutMs,
                jsonMs: policy.jsonTimeoutMs,
              },
              provider: route.provider,
              key,
              onSent: metered?.onSent,
              onCommit: proven,
            },
            sink,
          );
        }),
      );
      try {
        await answered;
      } catch (failure) {
        metered?.settle(failure);
        throw failure;
      }
      metered?.settle();
    });
  }
}

interface AttemptInput {
  readonly request: RelayRequest;
  readonly route: Route;
  readonly policy: UpstreamPolicy;
  readonly key: string | undefined;
}

/** Resolves a target; one that can't be used is noted as an attempt, so that the log shows why it was passed over. */
async function routeOf(
  resolve: (target: Target) => Promise<Route>,
  request: RelayRequest,
  target: Target,
): Promise<Route> {
  const named = target.modelRef ?? `primary model of ${target.agentId}`;
  let route: Route | undefined;
  try {
    route = await resolve(target);
    assertRelayable(route);
    return route;
  } catch (failure) {
    const refuse = (record: AttemptRecord) => {
      record.route = route;
      return Promise.reject(failure as Error);
    };
    return await traced(request.trace, named, refuse);
  }
}

/** Only this wire is the client's own, so that bytes can be handed on. */
function assertRelayable(route: Route): void {
  if (route.api !== "openai-completions") {
    throw new RelayError(
      "api_not_supported",
      `The model ${route.provider}/${route.modelId} speaks the API "${route.api}"; this relay forwards "openai-completions" only. ` +
        "Ask for a model of an OpenAI-compatible provider.",
      { param: "model" },
    );
  }
}

interface NextAttempt {
  /** Of the attempt that failed, from 1. */
  readonly attemptNumber: number;
  readonly budget: RetryBudget;
  readonly policy: UpstreamPolicy;
  readonly random: number;
}

/** How long to wait before the same target is tried again; undefined for not at all. */
function retryDelayMs(failure: unknown, next: NextAttempt): number | undefined {
  if (!(failure instanceof RelayError) || failure.consequence.retry === "never") {
    return undefined;
  }
  const { attemptNumber, budget, policy, random } = next;
  const pace = failure.consequence.retry;
  const delayMs = failure.retryAfterMs ?? backoffMs({ pace, attemptNumber, random });
  return budget.spend(delayMs, policy.retryBudgetMs) ? delayMs : undefined;
}
