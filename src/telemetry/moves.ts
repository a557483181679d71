/** How a request moved from attempt to attempt. */
import type { Outcome } from "../errors.ts";
import type { AttemptRecord } from "./events.ts";

interface Fallback {
  readonly from: string;
  readonly to: string;
  readonly reason: Outcome;
}

export interface Moves {
  /** Attempts that repeated a failed one at the same target. */
  readonly retries: number;
  readonly fallbacks: readonly Fallback[];
}

const none: Moves = { retries: 0, fallbacks: [] };

/** @param attempts in their order, skipped targets included. */
export function movesOf(attempts: readonly AttemptRecord[]): Moves {
  if (attempts.length < 2) {
    return none;
  }
  let retries = 0;
  const fallbacks: Fallback[] = [];
  for (let at = 1; at < attempts.length; at += 1) {
    const from = attempts[at - 1];
    const to = attempts[at];
    if (from !== undefined && to !== undefined) {
      if (from.target !== to.target) {
        fallbacks.push({ from: from.target, to: to.target, reason: from.outcome });
      } else if (!from.isSkipped && !to.isSkipped) {
        retries += 1;
      }
    }
  }
  return { retries, fallbacks };
}
