/** Computes waits before retries. Pure, except for the budget's count. */

export interface DelayOptions {
  /** `soon`: a short pause. `later`: a pause that grows with each attempt. */
  readonly pace: "soon" | "later";
  /** The number of the failed attempt, from 1. */
  readonly attemptNumber: number;
  /** A number in [0, 1). */
  readonly random: number;
}

const soonMs = 100;
const laterFirstMs = 500;
const laterMostMs = 8000;

/**
 * Exponential backoff with full jitter: a random wait between 0 and a bound that doubles with each attempt. The jitter
 * keeps callers that failed together from retrying together.
 */
export function backoffMs({ pace, attemptNumber, random }: DelayOptions): number {
  const bound =
    pace === "soon" ? soonMs : Math.min(laterMostMs, laterFirstMs * 2 ** (attemptNumber - 1));
  return Math.round(random * bound);
}

/** The time that one request has spent waiting between retries. */
export interface RetryBudget {
  /** Adds a wait to the total. @returns false, without adding it, if the total would exceed `limitMs`. */
  spend(delayMs: number, limitMs: number): boolean;
}

export function createRetryBudget(): RetryBudget {
  let spentMs = 0;
  return {
    spend(delayMs, limitMs) {
      if (spentMs + delayMs > limitMs) {
        return false;
      }
      spentMs += delayMs;
      return true;
    },
  };
}
