/** Leaves a target alone while it is down, and tries it with one probe before it is used again. */

/** What an outcome tells of the target's health. */
export type Verdict = "bad" | "neutral" | "good";

type CircuitState =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly untilMs: number }
  | { readonly kind: "half-open"; readonly probing: boolean };

export interface CircuitBreakerOptions {
  /** Bad outcomes in a row that open the circuit. */
  readonly failures: number;
  /** How long it stays open before a probe. */
  readonly resetMs: number;
  readonly verdict: (failure: unknown) => Verdict;
  /** Makes the error for an operation that is not run. */
  readonly openError: (retryAfterMs: number) => Error;
  /** Called when the circuit opens or closes. */
  readonly onChange?: (kind: "closed" | "open") => void;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

export interface CircuitBreaker {
  /**
   * Runs the operation, or not. An outcome counts only for the state in which its operation began. `markHealthy` may be
   * called by the operation as soon as the target has shown that it is well; a probe then need not end first.
   * @throws `openError` without running the operation, while the circuit is open or another probe is under way.
   */
  run<R>(operation: (markHealthy: () => void) => Promise<R>): Promise<R>;
  readonly state: CircuitState;
}

/** How long to tell a caller to wait while a probe is under way. */
const probeWaitMs = 1000;

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { now = () => performance.now() } = options;
  let state: CircuitState = { kind: "closed", failures: 0 };
  /** Counts changes of the kind of state, so that an outcome from before one is known. */
  let generation = 0;

  const become = (next: CircuitState) => {
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
      become({ kind: "half-open", probing: false });
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
      become({ kind: "closed", failures: 0 });
    } else if (state.kind === "half-open") {
      become(
        verdict === "bad"
          ? { kind: "open", untilMs: now() + options.resetMs }
          : { kind: "half-open", probing: false },
      );
    } else if (verdict === "bad" && state.kind === "closed") {
      const failures = state.failures + 1;
      become(
        failures >= options.failures
          ? { kind: "open", untilMs: now() + options.resetMs }
          : { kind: "closed", failures },
      );
    }
  };

  return {
    async run(operation) {
      admit();
      const begunIn = generation;
      const settleIfCurrent = (verdict: Verdict) => {
        if (generation === begunIn) {
          settle(verdict);
        }
      };
      // In the closed state the end of the operation counts: a stream that always breaks off is not well.
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
