/** How long to wait before an attempt is made again. Pure, but for the budget's count. */

export interface DelayOptions {
  /** Soon: once more, quickly. Later: after a pause that grows with each attempt. */
  readonly pace: "soon" | "later";
  /** Of the attempt that failed, from 1. */
  readonly attemptNumber: number;
  /** A number in [0, 1). */
  readonly random: number;
}

const soonMs = 100;
const laterFirstMs = 500;
const laterMostMs = 8000;

/**
 * Exponential backoff with full jitter: anything between nothing and a bound that doubles with each attempt, so that
 * callers who failed together do not come back together.
 */
export function backoffMs({ pace, attemptNumber, random }: DelayOptions): number {
  const bound =
    pace === "soon" ? soonMs : Math.min(laterMostMs, laterFirstMs * 2 ** (attemptNumber - 1));
  return Math.round(random * bound);
}

/** The time that one request has spent waiting for retries. */
export interface RetryBudget {
  /** Counts the time; false, and nothing is counted, when all of it would then be more than `limitMs`. */
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
