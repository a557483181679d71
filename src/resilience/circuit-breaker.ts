/** Skips a target while it is down, and probes it with one operation before using it again. */

/** What an outcome says about the target's health. */
export type Verdict = "bad" | "neutral" | "good";

type CircuitState =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly untilMs: number }
  | { readonly kind: "half-open"; readonly probing: boolean };

export interface CircuitBreakerOptions {
  /** Consecutive bad outcomes that open the circuit. */
  readonly failures: number;
  /** How long the circuit stays open before a probe. */
  readonly resetMs: number;
  readonly verdict: (failure: unknown) => Verdict;
  /** Makes the error for an operation that is skipped. */
  readonly openError: (retryAfterMs: number) => Error;
  /** Called when the circuit opens or closes. */
  readonly onChange?: (kind: "closed" | "open") => void;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

export interface CircuitBreaker {
  /**
   * Runs the operation unless the circuit is open. An outcome counts only if the circuit has not changed its state since
   * the operation began. A probe may call `markHealthy` to close the circuit before it ends.
   * @throws `openError`, without running the operation, while the circuit is open or another probe is under way.
   */
  run<R>(operation: (markHealthy: () => void) => Promise<R>): Promise<R>;
  readonly state: CircuitState;
}

/** The wait that `openError` gets while a probe is under way. */
const probeWaitMs = 1000;

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { now = () => performance.now() } = options;
  let state: CircuitState = { kind: "closed", failures: 0 };
  /** Counts changes between kinds of state. An outcome from an earlier generation is ignored. */
  let generation = 0;

  const setState = (next: CircuitState) => {
    const changed = next.kind !== state.kind;
    state = next;
    if (changed) {
      generation += 1;
      if (next.kind !== "half-open") {
        options.onChange?.(next.kind);
      }
    }
  };
  const admit = () => {
    if (state.kind === "open") {
      const waitMs = state.untilMs - now();
      if (waitMs > 0) {
        throw options.openError(waitMs);
      }
      setState({ kind: "half-open", probing: false });
    }
    if (state.kind === "half-open") {
      if (state.probing) {
        throw options.openError(probeWaitMs);
      }
      state = { kind: "half-open", probing: true };
    }
  };
  const settle = (verdict: Verdict) => {
    if (verdict === "good") {
      setState({ kind: "closed", failures: 0 });
    } else if (state.kind === "half-open") {
      setState(
        verdict === "bad"
          ? { kind: "open", untilMs: now() + options.resetMs }
          : { kind: "half-open", probing: false },
      );
    } else if (verdict === "bad" && state.kind === "closed") {
      const failures = state.failures + 1;
      setState(
        failures >= options.failures
          ? { kind: "open", untilMs: now() + options.resetMs }
          : { kind: "closed", failures },
      );
    }
  };

  return {
    async run(operation) {
      admit();
      const startGeneration = generation;
      const settleIfCurrent = (verdict: Verdict) => {
        if (generation === startGeneration) {
          settle(verdict);
        }
      };
      // Only for a probe. In the closed state the end counts: a target whose streams always break off is not healthy.
      const markHealthy = () => {
        if (state.kind === "half-open") {
          settleIfCurrent("good");
        }
      };
      try {
        const result = await operation(markHealthy);
        settleIfCurrent("good");
        return result;
      } catch (failure) {
        settleIfCurrent(options.verdict(failure));
        throw failure;
      }
    },
    get state() {
      return state;
    },
  };
}
