/** Tries targets in order until one succeeds. */

export interface FallbackOptions<T, R> {
  /** At least one, best first. */
  readonly targets: readonly T[];
  readonly attempt: (target: T) => Promise<R>;
  /** Whether to try the next target after this failure. */
  readonly mayFallBack: (failure: unknown) => boolean;
  /** Chooses the failure to throw if every target has failed. Gets all failures, in order. */
  readonly report: (failures: readonly unknown[]) => unknown;
}

/**
 * Runs `attempt` on each target in order until one succeeds.
 * @returns the result of the first successful attempt.
 * @throws the failure for which `mayFallBack` is false, or the one that `report` chooses.
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
