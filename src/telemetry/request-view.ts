/** What views show of one finished request. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { Fault, Outcome } from "../errors.ts";
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

/**
 * A finished request, as small as it can be kept: whole tenths of milliseconds take no memory of their own, and names are
 * those of the config.
 */
export interface KeptRequest {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  readonly endpoint: string;
  readonly caller: string | undefined;
  readonly agentId: string | undefined;
  readonly mode: string | undefined;
  readonly askedModel: string | undefined;
  /** `provider/model`. */
  readonly model: string | undefined;
  readonly attempts: readonly KeptAttempt[];
  readonly status: number;
  readonly outcome: Outcome;
  readonly fault: Fault | undefined;
  readonly isStream: boolean;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly tokensCached: number;
  readonly tokensReasoning: number;
  readonly costUsd: number;
  readonly firstOutputTenths: number | undefined;
  readonly durationTenths: number;
  readonly overheadTenths: number;
}

interface KeptAttempt {
  readonly target: string;
  readonly outcome: Outcome;
  readonly durationTenths: number;
  readonly startTenths: number;
  readonly isSkipped: boolean;
  readonly wire: string | undefined;
  readonly failedStatus: number | undefined;
  readonly firstOutputTenths: number | undefined;
}

export function keptRequest(end: RequestEnd, used: TokensAndCost): KeptRequest {
  return {
    id: flat(end.requestId),
    arrivedAtMs: end.arrivedAtMs,
    endpoint: end.endpoint,
    caller: end.caller,
    agentId: end.agentId,
    mode: end.mode,
    askedModel: end.askedModel,
    model: modelOf(end.answeredBy),
    attempts: end.attempts.map((attempt) => keptAttempt(attempt, end.startedAtMs)),
    status: end.status,
    outcome: end.outcome,
    fault: end.fault,
    isStream: end.isStream,
    tokensIn: used.tokensIn,
    tokensOut: used.tokensOut,
    tokensCached: used.tokensCached,
    tokensReasoning: used.tokensReasoning,
    costUsd: used.costUsd,
    firstOutputTenths: end.firstOutputMs === undefined ? undefined : tenths(end.firstOutputMs),
    durationTenths: tenths(end.durationMs),
    overheadTenths: tenths(end.overheadMs),
  };
}

/** Node builds a UUID from twenty pieces, which V8 would keep until somebody reads the text as a whole. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function keptAttempt(attempt: AttemptRecord, startedAtMs: number): KeptAttempt {
  const { target, outcome, isSkipped, wire, failedStatus, firstOutputMs } = attempt;
  return {
    target,
    outcome,
    durationTenths: tenths(attempt.durationMs),
    startTenths: tenths(attempt.startedAtMs - startedAtMs),
    isSkipped,
    wire,
    failedStatus,
    firstOutputTenths: firstOutputMs === undefined ? undefined : tenths(firstOutputMs),
  };
}

/** The target's own text where it is the model's name, so that no copy is kept. */
function modelOf(attempt: AttemptRecord | undefined): string | undefined {
  const route = attempt?.route;
  if (attempt === undefined || route === undefined) {
    return undefined;
  }
  return isAgentRun(attempt.target) ? `${route.provider}/${route.modelId}` : attempt.target;
}

/** Agent runs call providers through the host; their model calls are counted one by one. */
export function isAgentRun(target: string): boolean {
  return target.startsWith("openclaw/");
}

export function requestView(kept: KeptRequest): RequestView {
  const { caller, firstOutputTenths } = kept;
  return {
    id: kept.id,
    at: new Date(kept.arrivedAtMs).toISOString(),
    endpoint: kept.endpoint,
    key: caller === undefined || caller === operatorName ? null : caller,
    agent: kept.agentId ?? null,
    mode: kept.mode ?? null,
    askedModel: kept.askedModel ?? null,
    model: kept.model ?? null,
    attempts: kept.attempts.map(attemptView),
    status: kept.status,
    outcome: kept.outcome,
    fault: kept.fault ?? null,
    stream: kept.isStream,
    tokensIn: kept.tokensIn,
    tokensOut: kept.tokensOut,
    tokensCached: kept.tokensCached,
    tokensReasoning: kept.tokensReasoning,
    costUsd: roundedUsd(kept.costUsd),
    firstOutputMs: firstOutputTenths === undefined ? null : firstOutputTenths / 10,
    durationMs: kept.durationTenths / 10,
    overheadMs: kept.overheadTenths / 10,
  };
}

function attemptView(attempt: KeptAttempt): AttemptView {
  const { target, outcome, isSkipped, wire, failedStatus, firstOutputTenths } = attempt;
  return {
    target,
    outcome,
    durationMs: attempt.durationTenths / 10,
    startMs: attempt.startTenths / 10,
    skipped: isSkipped,
    wire: wire ?? null,
    status: failedStatus ?? null,
    firstOutputMs: firstOutputTenths === undefined ? null : firstOutputTenths / 10,
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10);
}
