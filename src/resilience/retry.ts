/** Retries one target. */
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";

export interface RetryOptions {
  /** Most retries after the first attempt. */
  readonly retries: number;
  /**
   * Milliseconds to wait before the next attempt; undefined for no further attempt.
   * @param attemptNumber the number of the failed attempt, from 1.
   */
  readonly delayMs: (failure: Error, attemptNumber: number) => number | undefined;
  /** Aborts a wait. */
  readonly signal: AbortSignal;
}

/**
 * Runs `attempt` until it succeeds or no retry is left.
 * @throws the failure of the last attempt, also if the wait after it was aborted.
 */
export async function retry<R>(attempt: () => Promise<R>, options: RetryOptions): Promise<R> {
  try {
    return await attempt();
  } catch (failure) {
    return await retryAfter(failure, attempt, options);
  }
}

/** Retry state is allocated after the first failure, so a stream that succeeds does not hold it (about 1 kB). */
async function retryAfter<R>(
  firstFailure: unknown,
  attempt: () => Promise<R>,
  options: RetryOptions,
): Promise<R> {
  const next = (attemptNumber: number) =>
    attemptNumber === 1 ? Promise.reject<R>(firstFailure) : attempt();
  return await pRetry(next, {
    retries: options.retries,
    // p-retry must not wait: the length of the wait depends on the failure, so `shouldRetry` waits.
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
