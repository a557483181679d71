/** Enforces the limits of virtual keys: requests per minute, concurrency, tokens per minute, dollars per day and month. */
import { RelayError } from "../errors.ts";
import type { Grant } from "../access/grant.ts";
import { createSlidingWindow, type SlidingWindow } from "./sliding-window.ts";

/** The expected usage of a request. */
export interface Charge {
  readonly tokens: number;
  readonly usd: number;
}

/** An admitted request. */
export interface Admission {
  /**
   * Reserves the request's expected usage, which counts against the limits of concurrent requests.
   * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
   */
  reserve(expected: Charge): void;
  /** Counts used tokens. The ledger counts dollars. */
  book(tokens: number): void;
  /** Must be called when the request ends. Releases its reservation. */
  leave(): void;
}

/** One limit of a key and its current state. */
export interface Quota {
  readonly name: "requests" | "tokens" | "concurrency" | "budget-day" | "budget-month";
  /** Requests, tokens or US dollars. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the full limit is available again. */
  readonly resetMs: number;
}

export interface Limiter {
  /** Admits a request. @throws RelayError `rate_limit_exceeded`. */
  enter(grant: Grant): Admission;
  /** @throws RelayError `insufficient_quota` if a budget is used up. */
  assertBudget(grant: Grant): void;
  /** The key's limits and their current state. */
  quotas(grant: Grant): readonly Quota[];
}

/** What a key has spent, and when its budgets are renewed. Times are in milliseconds since the epoch. */
export interface Spending {
  readonly todayUsd: number;
  readonly monthUsd: number;
  readonly nowMs: number;
  /** Midnight UTC. */
  readonly dayEndsAtMs: number;
  /** The first of the next month, UTC. */
  readonly monthEndsAtMs: number;
}

export interface LimiterOptions {
  readonly spending: (keyId: string) => Spending;
  /** Called for each refusal, with the key's name. */
  readonly onRefusal?: (caller: string, limit: Quota["name"]) => void;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

interface KeyState {
  /** Survives an edit of the key's limits, so that an edit does not reset the last minute. */
  readonly requests: SlidingWindow;
  readonly tokens: SlidingWindow;
  inFlight: number;
  reservedTokens: number;
  reservedUsd: number;
}

/** The `retry-after` for a caller over `maxConcurrent`. An estimate: when a request will end is unknown. */
const concurrencyWaitMs = 1000;
/** Beyond this many states, those of idle keys are removed. */
const maxStates = 10_000;

export function createLimiter(options: LimiterOptions): Limiter {
  const { spending, onRefusal, now = () => performance.now() } = options;
  /** By the key's id. */
  const states = new Map<string, KeyState>();

  const stateOf = ({ id }: Grant): KeyState => {
    const known = states.get(id);
    if (known !== undefined) {
      return known;
    }
    if (states.size >= maxStates) {
      removeIdle(states);
    }
    const state: KeyState = {
      requests: createSlidingWindow(now),
      tokens: createSlidingWindow(now),
      inFlight: 0,
      reservedTokens: 0,
      reservedUsd: 0,
    };
    states.set(id, state);
    return state;
  };

  /** @param reservedUsd reservations of other requests. */
  const assertBudget = ({ id, name, limits }: Grant, reservedUsd: number) => {
    const budgets = budgetsOf(limits, () => spending(id));
    const used = budgets.find(({ limitUsd, spentUsd }) => spentUsd + reservedUsd >= limitUsd);
    if (used !== undefined) {
      onRefusal?.(name, `budget-${used.period}`);
      throw budgetExceeded(used);
    }
  };

  return {
    enter(grant) {
      const { limits } = grant;
      const state = stateOf(grant);
      if (limits.maxConcurrent !== undefined && state.inFlight >= limits.maxConcurrent) {
        onRefusal?.(grant.name, "concurrency");
        throw limitExceeded(
          `has reached its limit of ${limits.maxConcurrent} requests in flight`,
          concurrencyWaitMs,
        );
      }
      if (limits.requestsPerMinute !== undefined) {
        const waitMs = state.requests.waitMs(1, limits.requestsPerMinute);
        if (waitMs > 0) {
          onRefusal?.(grant.name, "requests");
          throw limitExceeded(
            `has reached its limit of ${limits.requestsPerMinute} requests per minute`,
            waitMs,
          );
        }
        state.requests.add(1, limits.requestsPerMinute);
      }
      state.inFlight += 1;
      let reserved: Charge = { tokens: 0, usd: 0 };
      return {
        reserve(expected) {
          const { tokensPerMinute } = limits;
          if (tokensPerMinute !== undefined) {
            const waitMs = state.tokens.waitMs(state.reservedTokens + 1, tokensPerMinute);
            if (waitMs > 0 || state.reservedTokens >= tokensPerMinute) {
              onRefusal?.(grant.name, "tokens");
              throw limitExceeded(
                `has reached its limit of ${tokensPerMinute} tokens per minute`,
                waitMs,
              );
            }
          }
          assertBudget(grant, state.reservedUsd);
          reserved = expected;
          state.reservedTokens += expected.tokens;
          state.reservedUsd += expected.usd;
        },
        book(tokens) {
          if (limits.tokensPerMinute !== undefined) {
            state.tokens.add(tokens, limits.tokensPerMinute);
          }
        },
        leave() {
          state.inFlight -= 1;
          state.reservedTokens -= reserved.tokens;
          state.reservedUsd -= reserved.usd;
          reserved = { tokens: 0, usd: 0 };
        },
      };
    },
    assertBudget: (grant) => assertBudget(grant, 0),
    quotas(grant) {
      const { id, limits } = grant;
      const state = stateOf(grant);
      const quotas: Quota[] = [];
      if (limits.requestsPerMinute !== undefined) {
        quotas.push({
          name: "requests",
          limit: limits.requestsPerMinute,
          remaining: remainingOf(limits.requestsPerMinute, state.requests.used()),
          resetMs: state.requests.resetMs(),
        });
      }
      if (limits.tokensPerMinute !== undefined) {
        quotas.push({
          name: "tokens",
          limit: limits.tokensPerMinute,
          remaining: remainingOf(limits.tokensPerMinute, state.tokens.used(), state.reservedTokens),
          resetMs: state.tokens.resetMs(),
        });
      }
      if (limits.maxConcurrent !== undefined) {
        const remaining = remainingOf(limits.maxConcurrent, state.inFlight);
        quotas.push({
          name: "concurrency",
          limit: limits.maxConcurrent,
          remaining,
          resetMs: remaining > 0 ? 0 : concurrencyWaitMs,
        });
      }
      for (const budget of budgetsOf(limits, () => spending(id))) {
        quotas.push({
          name: `budget-${budget.period}`,
          limit: budget.limitUsd,
          remaining: remainingOf(budget.limitUsd, budget.spentUsd, state.reservedUsd),
          resetMs: budget.endsAtMs - budget.nowMs,
        });
      }
      return quotas;
    },
  };
}

interface Budget {
  readonly period: "day" | "month";
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly nowMs: number;
  readonly endsAtMs: number;
}

function budgetsOf(limits: Grant["limits"], spending: () => Spending): Budget[] {
  const { budgetUsdPerDay, budgetUsdPerMonth } = limits;
  if (budgetUsdPerDay === undefined && budgetUsdPerMonth === undefined) {
    return [];
  }
  const { todayUsd, monthUsd, nowMs, dayEndsAtMs, monthEndsAtMs } = spending();
  const day = { period: "day", spentUsd: todayUsd, nowMs, endsAtMs: dayEndsAtMs } as const;
  const month = { period: "month", spentUsd: monthUsd, nowMs, endsAtMs: monthEndsAtMs } as const;
  return [
    ...(budgetUsdPerDay === undefined ? [] : [{ ...day, limitUsd: budgetUsdPerDay }]),
    ...(budgetUsdPerMonth === undefined ? [] : [{ ...month, limitUsd: budgetUsdPerMonth }]),
  ];
}

/** The remaining part of a limit, at least 0. */
function remainingOf(limit: number, used: number, reserved = 0): number {
  return Math.max(0, limit - (used + reserved));
}

function removeIdle(states: Map<string, KeyState>): void {
  for (const [id, { inFlight, requests, tokens }] of states) {
    if (inFlight === 0 && requests.used() === 0 && tokens.used() === 0) {
      states.delete(id);
    }
  }
}

function limitExceeded(what: string, waitMs: number): RelayError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new RelayError(
    "rate_limit_exceeded",
    `This key ${what}. Try again in ${seconds} s, or ask the gateway's operator for a higher limit.`,
    { headers: { "retry-after": String(seconds) } },
  );
}

/** `x-should-retry: false` keeps OpenAI's SDKs from retrying this 429 at once. */
function budgetExceeded({ period, limitUsd, nowMs, endsAtMs }: Budget): RelayError {
  const setting = period === "day" ? "budgetUsdPerDay" : "budgetUsdPerMonth";
  const resetAt = new Date(endsAtMs).toISOString();
  return new RelayError(
    "insufficient_quota",
    `This key has used its budget of $${limitUsd} per ${period}. The budget resets at ${resetAt}. The gateway's operator can raise ${setting}.`,
    {
      headers: {
        "x-should-retry": "false",
        "retry-after": String(Math.max(1, Math.ceil((endsAtMs - nowMs) / 1000))),
      },
    },
  );
}
