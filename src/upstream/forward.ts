/**
 * Forwards a request to a provider. From the outside in: fallback over targets, retry of one target, next credential,
 * circuit breaker, bulkhead, one attempt with its timeouts.
 */
import type { UpstreamPolicy } from "../config/schema.ts";
import type { TokenUsage } from "../answer/token-usage.ts";
import { RelayError } from "../errors.ts";
import { backoffMs, createRetryBudget, type RetryBudget } from "../resilience/backoff.ts";
import { fallback } from "../resilience/fallback.ts";
import { retry } from "../resilience/retry.ts";
import type { Candidate } from "../routing/candidates.ts";
import { modelName, type Route, type Target } from "../routing/route.ts";
import type { AttemptRecord } from "../telemetry/events.ts";
import { notePassedOver, traced } from "../telemetry/trace.ts";
import { type TraceHeaders, traceHeadersOf } from "../telemetry/trace-context.ts";
import { attempt } from "./attempt.ts";
import type { Dispatchers } from "./dispatchers.ts";
import type { OpaqueStates } from "./opaque-state.ts";
import { createOutbound, type Outbound } from "./outbound.ts";
import type { ModelRuntime } from "./ports.ts";
import { secretsOf } from "./secrets.ts";
import { costUsd } from "../quota/usage.ts";
import { speechOf, wireNameOf } from "./speech.ts";
import type { Guards } from "./guards.ts";
import type { Forward, ForwardRequest } from "./forward-request.ts";
import { countedCall } from "./counted-call.ts";
import type { CredentialOperation, Credentials } from "./credentials.ts";
import { reportedFailure } from "./reported-failure.ts";

export interface ForwardOptions {
  readonly dispatchers: Dispatchers;
  readonly guards: Guards;
  readonly credentials: Credentials;
  readonly states: OpaqueStates;
  readonly runtime: ModelRuntime;
  /** A number in [0, 1). */
  readonly random?: () => number;
}

export function createForward(options: ForwardOptions): Forward {
  const { guards, credentials, random = Math.random } = options;

  return (request) => {
    const { trace } = request;
    const { signal } = request.sink;
    /** Created at the first failure. */
    let budget: RetryBudget | undefined;
    /** The largest context window that was too small for this conversation, in tokens. */
    let tooSmallWindow = 0;

    /** For each target's failure, the target's last attempt. */
    let lastAttempts: Map<unknown, AttemptRecord | undefined> | undefined;

    const onCandidate = async (candidate: Candidate): Promise<TokenUsage | undefined> => {
      const attemptsBefore = trace.attempts.length;
      let route: Route | undefined;
      try {
        route = await candidate.route();
        return await onRoute(route);
      } catch (failure) {
        signal.throwIfAborted();
        // Record a target that was skipped without an attempt, so that the log shows why.
        if (trace.attempts.length === attemptsBefore) {
          notePassedOver(trace, nameOf(candidate.target, route), { route, failure });
        }
        lastAttempts ??= new Map();
        lastAttempts.set(failure, trace.attempts.at(-1));
        throw failure;
      }
    };

    const onRoute = async (route: Route): Promise<TokenUsage | undefined> => {
      const guard = guards.of(route);
      const { policy, target } = guard;
      if (tooSmallWindow > 0 && (route.contextWindow ?? 0) <= tooSmallWindow) {
        throw new RelayError("context_window_too_small", "No target has a larger context window.");
      }
      const operation: CredentialOperation<TokenUsage | undefined> = {
        attempt: (key) => oneAttempt({ request, route, guard, key }),
        onSkip: (failure) => notePassedOver(trace, target, { route, failure }),
      };
      return await retry(() => credentials.use(route, operation), {
        retries: policy.retries,
        delayMs: (failure, attemptNumber) => {
          budget ??= createRetryBudget();
          return retryDelayMs(failure, { attemptNumber, budget, policy, random: random() });
        },
        signal,
      }).catch((failure: unknown) => {
        if (failure instanceof RelayError && failure.code === "upstream_context_length") {
          // Unknown window: treat it as infinite, so no target counts as larger.
          tooSmallWindow = Math.max(tooSmallWindow, route.contextWindow ?? Infinity);
        }
        throw failure;
      });
    };

    return fallback({
      targets: request.candidates,
      attempt: onCandidate,
      mayFallBack: (failure) =>
        failure instanceof RelayError && failure.consequence.fallback && !signal.aborted,
      report: (failures) => {
        const failure = reportedFailure(failures);
        trace.reportedAttempt = lastAttempts?.get(failure);
        return failure;
      },
    });
  };

  function oneAttempt(input: AttemptInput): Promise<TokenUsage | undefined> {
    const { request, route, guard, key } = input;
    const { target, policy, breaker, bulkhead } = guard;
    const sentKey = route.sendsKey ? key : undefined;
    const speech = speechOf({ route, client: request.protocol, policy, key: sentKey });
    return traced(request.trace, target, async (record) => {
      record.route = guard.name;
      record.wire = wireNameOf(speech);
      const { meter } = request;
      const asksForUsage = meter?.countsTokens === true;
      const call = countedCall({ ...request, asksForUsage });
      let outbound: Outbound | undefined;
      const account = (failure?: unknown): TokenUsage | undefined => {
        const usage = outbound?.isUnreached?.() === true ? undefined : call.usage(failure);
        if (usage !== undefined) {
          record.usage = usage;
          record.costUsd = costUsd(usage, route.cost);
          meter?.book({ agent: route.agentId, model: target, usage, cost: route.cost });
        }
        return usage;
      };
      const answered = breaker.run((markHealthy) =>
        bulkhead.run(policy, request.sink.signal, () => {
          outbound = createOutbound(options, {
            ...request,
            route,
            policy,
            speech,
            traceHeaders: headersOfAttempt(request, record),
            body: call.body,
            key: sentKey,
          });
          const { send, bodyBytes, dropped } = outbound;
          record.dropped = dropped;
          return attempt(
            {
              send,
              bodyBytes,
              stream: request.body.stream,
              timeouts: {
                firstTokenMs: policy.firstTokenTimeoutMs,
                idleMs: policy.idleTimeoutMs,
                jsonMs: policy.jsonTimeoutMs,
              },
              provider: route.provider,
              protocol: request.protocol,
              secrets: secretsOf(route, sentKey),
              onSent: call.onSent,
              onCommit: (status) => {
                record.firstOutputMs = record.durationMs;
                markHealthy();
                if (status >= 400) {
                  record.outcome = "provider_answered";
                  record.failedStatus = status;
                }
              },
            },
            call.sink,
          );
        }),
      );
      try {
        await answered;
      } catch (failure) {
        record.isSkipped = outbound === undefined;
        account(failure);
        throw failure;
      }
      return account();
    });
  }
}

/** Undefined while no spans are exported: the client's own headers are passed on then. */
function headersOfAttempt(
  { trace, clientHeaders }: ForwardRequest,
  { spanId }: AttemptRecord,
): TraceHeaders | undefined {
  return trace.context === undefined || spanId === undefined
    ? undefined
    : traceHeadersOf(trace.context, spanId, clientHeaders["tracestate"]);
}

interface AttemptInput {
  readonly request: ForwardRequest;
  readonly route: Route;
  readonly guard: ReturnType<Guards["of"]>;
  readonly key: string | undefined;
}

function nameOf(target: Target, route: Route | undefined): string {
  return route === undefined
    ? (target.modelRef ?? `primary model of ${target.agentId}`)
    : modelName(route);
}

interface NextAttempt {
  /** The number of the failed attempt, from 1. */
  readonly attemptNumber: number;
  readonly budget: RetryBudget;
  readonly policy: UpstreamPolicy;
  readonly random: number;
}

/** Milliseconds to wait before the same target is retried; undefined for no retry. */
function retryDelayMs(failure: unknown, next: NextAttempt): number | undefined {
  if (!(failure instanceof RelayError) || failure.consequence.retry === "never") {
    return undefined;
  }
  const { attemptNumber, budget, policy, random } = next;
  const pace = failure.consequence.retry;
  const delayMs = failure.retryAfterMs ?? backoffMs({ pace, attemptNumber, random });
  return budget.spend(delayMs, policy.retryBudgetMs) ? delayMs : undefined;
}
