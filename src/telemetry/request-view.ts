/** What views show of one finished request. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { AttemptRecord, RequestEnd } from "./events.ts";
import { roundedUsd } from "./tallies.ts";
import type { AttemptView, RequestView, TokensAndCost } from "./views.ts";

/** The key under which requests with the gateway's own token are counted. */
export const operatorName = "(operator)";

const nothing: TokensAndCost = {
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  tokensCacheWrite: 0,
  tokensReasoning: 0,
  costUsd: 0,
};

/** What all attempts of a request used together. */
export function usedBy(attempts: readonly AttemptRecord[]): TokensAndCost {
  const [only] = attempts;
  if (attempts.length === 1 && only !== undefined) {
    return only.usage === undefined ? nothing : withCost(only.usage, only.costUsd);
  }
  return attempts.reduce(
    (sum, { usage, costUsd }) => (usage === undefined ? sum : added(sum, withCost(usage, costUsd))),
    nothing,
  );
}

function withCost(usage: TokenUsage, costUsd = 0): TokensAndCost {
  const { tokensIn, tokensOut, tokensCached, tokensCacheWrite, tokensReasoning = 0 } = usage;
  return { tokensIn, tokensOut, tokensCached, tokensCacheWrite, tokensReasoning, costUsd };
}

function added(a: TokensAndCost, b: TokensAndCost): TokensAndCost {
  return {
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    tokensCached: a.tokensCached + b.tokensCached,
    tokensCacheWrite: a.tokensCacheWrite + b.tokensCacheWrite,
    tokensReasoning: a.tokensReasoning + b.tokensReasoning,
    costUsd: a.costUsd + b.costUsd,
  };
}

export function requestView(end: RequestEnd): RequestView {
  const { caller, answeredBy, firstOutputMs } = end;
  const used = usedBy(end.attempts);
  const route = answeredBy?.route;
  return {
    id: end.requestId,
    at: new Date(end.arrivedAtMs).toISOString(),
    endpoint: end.endpoint,
    key: caller === undefined || caller === operatorName ? null : caller,
    agent: end.agentId ?? null,
    mode: end.mode ?? null,
    askedModel: end.askedModel ?? null,
    model: route === undefined ? null : `${route.provider}/${route.modelId}`,
    attempts: end.attempts.map((attempt) => attemptView(attempt, end.startedAtMs)),
    status: end.status,
    outcome: end.outcome,
    fault: end.fault ?? null,
    stream: end.isStream,
    tokensIn: used.tokensIn,
    tokensOut: used.tokensOut,
    tokensCached: used.tokensCached,
    tokensReasoning: used.tokensReasoning,
    costUsd: roundedUsd(used.costUsd),
    firstOutputMs: firstOutputMs === undefined ? null : tenths(firstOutputMs),
    durationMs: tenths(end.durationMs),
    overheadMs: tenths(end.overheadMs),
  };
}

function attemptView(attempt: AttemptRecord, startedAtMs: number): AttemptView {
  const { target, outcome, isSkipped, wire, failedStatus, firstOutputMs } = attempt;
  return {
    target,
    outcome,
    durationMs: tenths(attempt.durationMs),
    startMs: tenths(attempt.startedAtMs - startedAtMs),
    skipped: isSkipped,
    wire: wire ?? null,
    status: failedStatus ?? null,
    firstOutputMs: firstOutputMs === undefined ? null : tenths(firstOutputMs),
  };
}

/** Rounded to a tenth of a millisecond. */
function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
