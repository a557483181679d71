/** What the host's own exporters are told of a request: plain data, provider and model apart, never content. Pure. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { Outcome } from "../errors.ts";
import type { AttemptRecord, ModelRoute, RequestEnd } from "./events.ts";
import { isAgentRun } from "./request-view.ts";

/** A call of a model. */
export interface CallReport {
  readonly kind: "call";
  readonly requestId: string;
  /** Unique among the calls of the request. */
  readonly callId: string;
  readonly route: ModelRoute;
  readonly wire: string | undefined;
  readonly isStream: boolean;
  readonly durationMs: number;
  readonly firstOutputMs: number | undefined;
  /** `ok`, or how it failed. */
  readonly outcome: Outcome;
}

/** What a call used. */
export interface UsageReport {
  readonly kind: "usage";
  readonly agentId: string | undefined;
  readonly route: ModelRoute;
  readonly usage: TokenUsage;
  readonly costUsd: number | undefined;
  readonly durationMs: number;
}

/** A request has moved to another model. */
export interface FailoverReport {
  readonly kind: "failover";
  readonly from: ModelRoute;
  readonly to: ModelRoute;
  readonly reason: Outcome;
}

export type ModelReport = CallReport | UsageReport | FailoverReport;

/** Agent runs are left out: the host reports their calls itself. Attempts beyond the first 100 are left out, too. */
export function modelReports(end: RequestEnd): readonly ModelReport[] {
  const attempts = end.attempts.slice(0, maxAttempts).filter(({ target }) => !isAgentRun(target));
  const reports: (ModelReport | undefined)[] = [];
  for (const [at, attempt] of attempts.entries()) {
    reports.push(
      failover(attempts[at - 1], attempt),
      call(end, attempt, at),
      usageOf(end, attempt),
    );
  }
  return reports.filter((report) => report !== undefined);
}

const maxAttempts = 100;

function failover(from: AttemptRecord | undefined, to: AttemptRecord): FailoverReport | undefined {
  return from?.route === undefined || to.route === undefined || from.target === to.target
    ? undefined
    : { kind: "failover", from: from.route, to: to.route, reason: from.outcome };
}

function call(
  { requestId, isStream }: RequestEnd,
  { route, wire, outcome, isSkipped, durationMs, firstOutputMs }: AttemptRecord,
  at: number,
): CallReport | undefined {
  return route === undefined || isSkipped
    ? undefined
    : {
        kind: "call",
        requestId,
        callId: `${requestId}:${at + 1}`,
        route,
        wire,
        isStream,
        durationMs,
        firstOutputMs,
        outcome,
      };
}

function usageOf(
  { agentId }: RequestEnd,
  { route, usage, costUsd, durationMs }: AttemptRecord,
): UsageReport | undefined {
  return route === undefined || usage === undefined
    ? undefined
    : { kind: "usage", agentId, route, usage, costUsd, durationMs };
}
