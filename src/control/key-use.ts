/** A key's limits, usage and remaining budget, computed from the files. Pure. */
import type { StoredKeys } from "../config/schema.ts";
import { type Periods, periodsOf } from "../quota/ledger.ts";
import type { Spending } from "../quota/limiter.ts";

/** What remains in the current minute is known only to the running gateway. */
interface MinuteLimit {
  readonly limit: number;
}

interface Budget {
  /** US dollars. */
  readonly limit: number;
  /** US dollars; requests under way are not subtracted. */
  readonly remaining: number;
  /** RFC 3339: when the budget is renewed. */
  readonly resetAt: string;
}

/** Uses the field names of `GET /passthrough/v1/usage`. */
export interface KeyUse extends Periods {
  readonly limits: {
    readonly requests?: MinuteLimit;
    readonly tokens?: MinuteLimit;
    readonly concurrency?: MinuteLimit;
    readonly budgetDay?: Budget;
    readonly budgetMonth?: Budget;
  };
}

export function useOf(
  key: Omit<StoredKeys[string], "sha256" | "previous">,
  rows: readonly Periods[],
  { todayUsd, monthUsd, dayEndsAtMs, monthEndsAtMs }: Spending,
): KeyUse {
  const { requestsPerMinute, tokensPerMinute, maxConcurrent } = key;
  return {
    limits: {
      ...(requestsPerMinute && { requests: { limit: requestsPerMinute } }),
      ...(tokensPerMinute && { tokens: { limit: tokensPerMinute } }),
      ...(maxConcurrent && { concurrency: { limit: maxConcurrent } }),
      ...(key.budgetUsdPerDay && { budgetDay: budget(key.budgetUsdPerDay, todayUsd, dayEndsAtMs) }),
      ...(key.budgetUsdPerMonth && {
        budgetMonth: budget(key.budgetUsdPerMonth, monthUsd, monthEndsAtMs),
      }),
    },
    ...periodsOf(rows),
  };
}

function budget(limit: number, usedUsd: number, endsAtMs: number): Budget {
  return {
    limit,
    remaining: Math.max(0, limit - usedUsd),
    resetAt: new Date(endsAtMs).toISOString(),
  };
}
