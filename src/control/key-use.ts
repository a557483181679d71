/** What a key may use, has used, and has left, as far as the files tell. Pure. */
import type { StoredKeys } from "../config/schema.ts";
import { type Periods, periodsOf } from "../quota/ledger.ts";
import type { Spending } from "../quota/limiter.ts";

/** What is left in this minute is known to the gateway alone. */
interface MinuteLimit {
  readonly limit: number;
}

interface Budget {
  /** US dollars. */
  readonly limit: number;
  /** US dollars, without those of requests under way. */
  readonly remaining: number;
  /** RFC 3339: when the budget begins anew. */
  readonly resetAt: string;
}

/** By the names of `GET /passthrough/v1/usage`. */
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
