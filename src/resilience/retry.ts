/** Tries one target again. */
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";

export interface RetryOptions {
  /** How often at most, after the first attempt. */
  readonly retries: number;
  /**
   * How long to wait before the next attempt, in milliseconds; undefined for none.
   * @param attemptNumber of the one that failed, from 1.
   */
  readonly delayMs: (failure: Error, attemptNumber: number) => number | undefined;
  /** Ends a wait. */
  readonly signal: AbortSignal;
}

/**
 * Runs `attempt` until it succeeds or there is to be no further one.
 * @throws the failure of the last attempt, also when the wait behind it was ended.
 */
export async function retry<R>(attempt: () => Promise<R>, options: RetryOptions): Promise<R> {
  try {
    return await attempt();
  } catch (failure) {
    return await retryAfter(failure, attempt, options);
  }
}

/** From the first failure on: what nearly all attempts do without is not kept for as long as they last. */
async function retryAfter<R>(
  firstFailure: unknown,
  attempt: () => Promise<R>,
  options: RetryOptions,
): Promise<R> {
  const next = (attemptNumber: number) =>
    attemptNumber === 1 ? Promise.reject<R>(firstFailure) : attempt();
  return await pRetry(next, {
    retries: options.retries,
    // The wait is ours, because its length depends on the failure.
    minTimeout: 0,
    shouldRetry: async ({ error, attemptNumber }) => {
      const delayMs = options.delayMs(error, attemptNumber);
      if (delayMs === undefined) {
        return false;
      }
      return await sleep(delayMs, true, { signal: options.signal }).catch(() => false);
    },
  });
}
