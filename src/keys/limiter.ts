/** The limits of virtual keys: requests a minute and at once, tokens a minute, dollars a day. */
import { RelayError } from "../errors.ts";
import type { Grant } from "./grant.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** What a request may use, or has used. */
interface Charge {
  readonly tokens: number;
  readonly usd: number;
}

/** A request that was let in. */
export interface Admission {
  /**
   * Reserves what the request is expected to use, so that others at the same time count with it.
   * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
   */
  reserve(expected: Charge): void;
  /** The request is over. @param used what it has used, in place of what was reserved. */
  leave(used: Charge): void;
}

export interface Limiter {
  /** @throws RelayError `rate_limit_exceeded`. */
  enter(grant: Grant): Admission;
}

export interface LimiterOptions {
  /** What a key has spent since midnight UTC, in dollars. */
  readonly spentTodayUsd: (keyId: string) => number;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

interface KeyState {
  /** The limits that the buckets were made for. */
  readonly limits: Grant["limits"];
  readonly requests: TokenBucket | undefined;
  readonly tokens: TokenBucket | undefined;
  inFlight: number;
  reservedTokens: number;
  reservedUsd: number;
}

const nothing: Charge = { tokens: 0, usd: 0 };

export function createLimiter(options: LimiterOptions): Limiter {
  const { spentTodayUsd, now = () => performance.now() } = options;
  /** By the key's id: as many as the config has, and those that it had. */
  const states = new Map<string, KeyState>();

  const stateOf = ({ id, limits }: Grant): KeyState => {
    const known = states.get(id);
    if (known !== undefined && sameLimits(known.limits, limits)) {
      return known;
    }
    const state: KeyState = {
      limits,
      requests: createBucket(limits.requestsPerMinute, now),
      tokens: createBucket(limits.tokensPerMinute, now),
      inFlight: known?.inFlight ?? 0,
      reservedTokens: known?.reservedTokens ?? 0,
      reservedUsd: known?.reservedUsd ?? 0,
    };
    states.set(id, state);
    return state;
  };

  return {
    enter(grant) {
      const { limits, id } = grant;
      const state = stateOf(grant);
      if (limits.maxConcurrent !== undefined && state.inFlight >= limits.maxConcurrent) {
        throw tooMany(
          `has ${limits.maxConcurrent} requests under way, as many as it may`,
          1000,
          rateHeaders("concurrency", limits.maxConcurrent, 1000),
        );
      }
      const waitMs = state.requests?.waitMs(1) ?? 0;
      if (waitMs > 0) {
        const limit = limits.requestsPerMinute ?? 0;
        throw tooMany(
          `may make ${limit} requests a minute`,
          waitMs,
          rateHeaders("requests", limit, waitMs),
        );
      }
      state.requests?.take(1);
      state.inFlight += 1;
      let reserved = nothing;
      return {
        reserve(expected) {
          const current = states.get(id) ?? state;
          const level = (current.tokens?.level() ?? Infinity) - current.reservedTokens;
          if (level <= 0) {
            const limit = limits.tokensPerMinute ?? 0;
            const tokensWaitMs = current.tokens?.waitMs(current.reservedTokens + 1) ?? 0;
            throw tooMany(
              `may use ${limit} tokens a minute`,
              tokensWaitMs,
              rateHeaders("tokens", limit, tokensWaitMs),
            );
          }
          const budget = limits.budgetUsdPerDay ?? Infinity;
          if (spentTodayUsd(id) + current.reservedUsd >= budget) {
            throw new RelayError(
              "insufficient_quota",
              `This key has used its budget of $${budget} a day, which begins anew at midnight UTC. ` +
                "Its operator can raise budgetUsdPerDay.",
            );
          }
          reserved = expected;
          current.reservedTokens += expected.tokens;
          current.reservedUsd += expected.usd;
        },
        leave(used) {
          const current = states.get(id) ?? state;
          current.inFlight -= 1;
          current.reservedTokens -= reserved.tokens;
          current.reservedUsd -= reserved.usd;
          current.tokens?.take(used.tokens);
          reserved = nothing;
        },
      };
    },
  };
}

function createBucket(perMinute: number | undefined, now: () => number): TokenBucket | undefined {
  return perMinute === undefined ? undefined : createTokenBucket(perMinute, now);
}

function sameLimits(a: Grant["limits"], b: Grant["limits"]): boolean {
  return a.requestsPerMinute === b.requestsPerMinute && a.tokensPerMinute === b.tokensPerMinute;
}

function tooMany(what: string, waitMs: number, headers: Record<string, string>): RelayError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new RelayError(
    "rate_limit_exceeded",
    `This key ${what}. Try again in ${seconds} s, or ask its operator for more.`,
    { headers: { "retry-after": String(seconds), ...headers } },
  );
}

/** Named as OpenAI names them: the limit, what is left of it, and when there is some again. */
function rateHeaders(what: "requests" | "tokens" | "concurrency", limit: number, waitMs: number) {
  return {
    [`x-ratelimit-limit-${what}`]: String(limit),
    [`x-ratelimit-remaining-${what}`]: "0",
    [`x-ratelimit-reset-${what}`]: `${Math.ceil(waitMs)}ms`,
  };
}
