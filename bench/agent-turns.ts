/** Keeps agent turns under way in a gateway. */
import { createRecorder, type Histogram } from "./histogram.ts";

export interface AgentTurns {
  readonly turns: number;
  readonly failures: number;
  readonly duration: Histogram;
}

/**
 * Keeps `count` turns under way at any time: each is followed by the next at once.
 * @param turn runs one; it rejects if the turn fails.
 * @returns a function that waits for the turns under way and starts no more.
 */
export function keepTurnsUnderWay(
  count: number,
  turn: () => Promise<unknown>,
): () => Promise<AgentTurns> {
  const duration = createRecorder();
  let turns = 0;
  let failures = 0;
  const stopping = new AbortController();
  const oneAfterAnother = async () => {
    while (!stopping.signal.aborted) {
      const startedAtMs = performance.now();
      await turn().then(
        () => {
          turns += 1;
          duration.record(performance.now() - startedAtMs);
        },
        async () => {
          failures += 1;
          await new Promise((resolve) => setTimeout(resolve, failurePauseMs));
        },
      );
    }
  };
  const lanes = Array.from({ length: count }, oneAfterAnother);
  return async () => {
    stopping.abort();
    await Promise.all(lanes);
    return { turns, failures, duration: duration.histogram() };
  };
}

/** Without a pause, turns that fail at once would keep the gateway busy with failures. */
const failurePauseMs = 100;
