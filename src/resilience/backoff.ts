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

/** The time that one request may spend waiting for retries. */
export interface RetryBudget {
  /** Takes the time out of the budget; false, and nothing is taken, when it does not fit. */
  spend(delayMs: number): boolean;
}

export function createRetryBudget(totalMs: number): RetryBudget {
  let leftMs = totalMs;
  return {
    spend(delayMs) {
      if (delayMs > leftMs) {
        return false;
      }
      leftMs -= delayMs;
      return true;
    },
  };
}
