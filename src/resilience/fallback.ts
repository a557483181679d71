/** Tries one target after the other. */

/**
 * Runs `attempt` on each target in order until one succeeds.
 * @param targets at least one, best first.
 * @param mayFallBack whether a failure leaves the next target worth trying.
 * @returns what the first successful attempt gives.
 * @throws the failure of the last attempt that was made.
 */
export async function fallback<T, R>(
  targets: readonly T[],
  attempt: (target: T) => Promise<R>,
  mayFallBack: (failure: unknown) => boolean,
): Promise<R> {
  let last: unknown;
  for (const target of targets) {
    try {
      return await attempt(target);
    } catch (failure) {
      last = failure;
      if (!mayFallBack(failure)) {
        break;
      }
    }
  }
  throw last;
}
