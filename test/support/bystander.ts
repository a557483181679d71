/** A well-behaved client that runs during an attack. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./client.ts";

interface Witness {
  /** The number of requests that were served. */
  readonly served: number;
  /** The outcomes of the other requests. */
  readonly wrong: readonly string[];
  /** The duration of the slowest request. */
  readonly slowestMs: number;
}

/**
 * Sends requests one after the other until it is stopped.
 * @param expected text that each answer's body must contain.
 * @returns a function that stops it and resolves to what it saw.
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
