/** Tries one target after the other. */

export interface FallbackOptions<T, R> {
  /** At least one, best first. */
  readonly targets: readonly T[];
  readonly attempt: (target: T) => Promise<R>;
  /** Whether a failure leaves the next target worth trying. */
  readonly mayFallBack: (failure: unknown) => boolean;
  /** Which of the failures to report when every target has failed; at least one, in order. */
  readonly report: (failures: readonly unknown[]) => unknown;
}

/**
 * Runs `attempt` on each target in order until one succeeds.
 * @returns what the first successful attempt gives.
 * @throws a failure that ends the search, or what `report` chooses.
 */
export async function fallback<T, R>(options: FallbackOptions<T, R>): Promise<R> {
  const failures: unknown[] = [];
  for (const target of options.targets) {
    try {
      return await options.attempt(target);
    } catch (failure) {
      if (!options.mayFallBack(failure)) {
        throw failure;
      }
      failures.push(failure);
    }
  }
  throw options.report(failures);
}
