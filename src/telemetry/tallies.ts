/** Counts of requests and attempts, and what views show of them. */
import type { TokenUsage } from "../answer/token-usage.ts";
import { type Fault, faultOf, type Outcome } from "../errors.ts";
import type { AttemptRecord, RequestEnd } from "./events.ts";
import {
  createHistogram,
  type Histogram,
  mergedHistogram,
  percentilesOf,
  type Time,
  timeOf,
} from "./histogram.ts";
import { createRecent, type Recent } from "./recent.ts";
import type { AttemptStats, RequestStats, TokensAndCost } from "./views.ts";

/** Tokens and dollars. */
class UsageTally implements TokensAndCost {
  tokensIn = 0;
  tokensOut = 0;
  tokensCached = 0;
  tokensCacheWrite = 0;
  tokensReasoning = 0;
  costUsd = 0;

  countUsage(usage: TokenUsage | TokensAndCost | undefined, costUsd: number): void {
    if (usage === undefined) {
      return;
    }
    this.tokensIn += usage.tokensIn;
    this.tokensOut += usage.tokensOut;
    this.tokensCached += usage.tokensCached;
    this.tokensCacheWrite += usage.tokensCacheWrite;
    this.tokensReasoning += usage.tokensReasoning ?? 0;
    this.costUsd += costUsd;
  }

  usageView(): TokensAndCost {
    const { tokensIn, tokensOut, tokensCached, tokensCacheWrite, tokensReasoning } = this;
    return {
      tokensIn,
      tokensOut,
      tokensCached,
      tokensCacheWrite,
      tokensReasoning,
      costUsd: roundedUsd(this.costUsd),
    };
  }
}

/** To a millionth of a cent, so that sums in different orders agree. */
export function roundedUsd(usd: number): number {
  return Math.round(usd * 1e8) / 1e8;
}

/** Histograms are created at their first observation, because most names of a table see few kinds. */
export function observed(
  histogram: Histogram | undefined,
  time: Time | undefined,
): Histogram | undefined {
  if (time === undefined) {
    return histogram;
  }
  const observing = histogram ?? createHistogram();
  observing.observe(time);
  return observing;
}

/** The times of one successful request or attempt. */
export interface MeasuredTimes {
  readonly duration: Time;
  /** Only of streams. */
  readonly firstOutput: Time | undefined;
  /** Only of streams with two tokens. */
  readonly betweenTokens: Time | undefined;
}

export function measuredTimes(
  times: { readonly durationMs: number; readonly firstOutputMs: number | undefined },
  isStream: boolean,
  usage: Pick<TokenUsage, "tokensOut"> | undefined,
): MeasuredTimes {
  const { durationMs, firstOutputMs } = times;
  const duration = timeOf(durationMs);
  if (!isStream || firstOutputMs === undefined) {
    return { duration, firstOutput: undefined, betweenTokens: undefined };
  }
  const tokensOut = usage?.tokensOut ?? 0;
  return {
    duration,
    firstOutput: timeOf(firstOutputMs),
    betweenTokens:
      tokensOut > 1 ? timeOf((durationMs - firstOutputMs) / (tokensOut - 1)) : undefined,
  };
}

function merged(a: Histogram | undefined, b: Histogram | undefined): Histogram | undefined {
  return mergedHistogram([a, b]);
}

function countIn<K>(counts: Map<K, number>, key: K, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

/** Times of successful streams and answers. */
class TimesTally extends UsageTally {
  firstOutput: Histogram | undefined = undefined;
  duration: Histogram | undefined = undefined;
  betweenTokens: Histogram | undefined = undefined;

  protected countTimes({ duration, firstOutput, betweenTokens }: MeasuredTimes): void {
    this.duration = observed(this.duration, duration);
    this.firstOutput = observed(this.firstOutput, firstOutput);
    this.betweenTokens = observed(this.betweenTokens, betweenTokens);
  }

  protected foldTimes(from: TimesTally): void {
    this.countUsage(from, from.costUsd);
    this.firstOutput = merged(this.firstOutput, from.firstOutput);
    this.duration = merged(this.duration, from.duration);
    this.betweenTokens = merged(this.betweenTokens, from.betweenTokens);
  }

  protected timesView() {
    return {
      firstOutputMs: percentilesOf(this.firstOutput),
      durationMs: percentilesOf(this.duration),
      betweenTokensMs: percentilesOf(this.betweenTokens),
    };
  }
}

/** A finished request with all that tallies count of it. */
export interface MeasuredRequest {
  readonly end: RequestEnd;
  readonly used: TokensAndCost;
  readonly times: MeasuredTimes;
  /** Undefined for a request that reached no target. */
  readonly overhead: Time | undefined;
}

/** Requests as their callers saw them. */
export class RequestTally extends TimesTally {
  requests = 0;
  disconnects = 0;
  readonly faults: Record<Fault, number> = { client: 0, provider: 0, relay: 0 };
  readonly outcomes = new Map<Outcome, number>();
  overhead: Histogram | undefined = undefined;

  count({ end, used, times, overhead }: MeasuredRequest): void {
    const { outcome, fault } = end;
    this.requests += 1;
    countIn(this.outcomes, outcome, 1);
    if (fault !== undefined) {
      this.faults[fault] += 1;
    } else if (outcome === "client_closed") {
      this.disconnects += 1;
    }
    this.countUsage(used, used.costUsd);
    if (outcome === "ok") {
      this.countTimes(times);
      this.overhead = observed(this.overhead, overhead);
    }
  }

  fold(from: RequestTally): void {
    this.foldTimes(from);
    this.requests += from.requests;
    this.disconnects += from.disconnects;
    this.faults.client += from.faults.client;
    this.faults.provider += from.faults.provider;
    this.faults.relay += from.faults.relay;
    for (const [outcome, count] of from.outcomes) {
      countIn(this.outcomes, outcome, count);
    }
    this.overhead = merged(this.overhead, from.overhead);
  }

  view(): RequestStats {
    return {
      requests: this.requests,
      clientErrors: this.faults.client,
      providerErrors: this.faults.provider,
      relayErrors: this.faults.relay,
      disconnects: this.disconnects,
      outcomes: Object.fromEntries(this.outcomes),
      ...this.timesView(),
      overheadMs: percentilesOf(this.overhead),
      ...this.usageView(),
    };
  }
}

/** Attempts of the current minute. */
interface RecentAttempts {
  attempts: number;
  failures: number;
  firstOutput: Histogram | undefined;
}

/** Attempts at a provider or at one of its models. */
export class AttemptTally extends TimesTally {
  attempts = 0;
  failures = 0;
  readonly outcomes = new Map<Outcome, number>();
  readonly #recent: Recent<RecentAttempts>;
  #lastFailure: AttemptStats["lastFailure"] = null;

  /** @param now milliseconds from any origin. */
  constructor(now: () => number) {
    super();
    this.#recent = createRecent(() => ({ attempts: 0, failures: 0, firstOutput: undefined }), now);
  }

  count(attempt: AttemptRecord, times: MeasuredTimes): void {
    const { outcome, usage, costUsd = 0 } = attempt;
    const recent = this.#recent.current();
    this.attempts += 1;
    recent.attempts += 1;
    countIn(this.outcomes, outcome, 1);
    this.countUsage(usage, costUsd);
    if (faultOf(outcome) === "provider") {
      this.failures += 1;
      recent.failures += 1;
      this.#lastFailure = {
        at: new Date().toISOString(),
        outcome,
        status: attempt.failedStatus ?? null,
      };
    }
    if (outcome === "ok") {
      this.countTimes(times);
      recent.firstOutput = observed(recent.firstOutput, times.firstOutput);
    }
  }

  /** Counts a model call of an agent run. The host makes it, so its times and failures are not known. */
  countRunCall(usage: TokenUsage, costUsd: number): void {
    this.attempts += 1;
    this.#recent.current().attempts += 1;
    countIn(this.outcomes, "ok", 1);
    this.countUsage(usage, costUsd);
  }

  fold(from: AttemptTally): void {
    this.foldTimes(from);
    this.attempts += from.attempts;
    this.failures += from.failures;
    for (const [outcome, count] of from.outcomes) {
      countIn(this.outcomes, outcome, count);
    }
    this.#lastFailure = from.#lastFailure ?? this.#lastFailure;
  }

  view(): AttemptStats {
    const recent = this.#recent.values();
    const attempts = sumOf(recent, (minute) => minute.attempts);
    const failures = sumOf(recent, (minute) => minute.failures);
    return {
      attempts: this.attempts,
      failures: this.failures,
      outcomes: Object.fromEntries(this.outcomes),
      ...this.timesView(),
      ...this.usageView(),
      recent: {
        attempts,
        failures,
        failureShare: shareOf(failures, attempts),
        firstOutputMs: percentilesOf(mergedHistogram(recent.map((minute) => minute.firstOutput))),
      },
      lastFailure: this.#lastFailure,
    };
  }
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}

/** @returns null where there is nothing to take a share of. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
