/** A client that does everything right, next to others that do not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./client.ts";

interface Witness {
  /** Requests that were served. */
  readonly served: number;
  /** What was wrong with the others. */
  readonly wrong: readonly string[];
  /** The longest that one took, in milliseconds. */
  readonly slowestMs: number;
}

/**
 * Asks again and again until it is stopped.
 * @param expected what has to be in each answer's body.
 * @returns how to stop it, and then what it saw.
 */
export function startBystander(
  ask: () => Promise<Pick<Answer, "status" | "body">>,
  expected: string,
): () => Promise<Witness> {
  const wrong: string[] = [];
  let served = 0;
  let slowestMs = 0;
  let stopped = false;
  const asking = (async () => {
    for (;;) {
      const startedAtMs = performance.now();
      const outcome = await ask().then(
        ({ status, body }) =>
          status === 200 && body.includes(expected) ? "served" : `${status} ${body.toString()}`,
        (error: Error) => error.message,
      );
      slowestMs = Math.max(slowestMs, performance.now() - startedAtMs);
      if (outcome === "served") {
        served += 1;
      } else {
        wrong.push(outcome);
      }
      if (stopped) {
        return { served, wrong, slowestMs: Math.round(slowestMs) };
      }
      await sleep(5);
    }
  })();
  return () => {
    stopped = true;
    return asking;
  };
}
