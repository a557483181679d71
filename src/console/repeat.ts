/** Yields 0 at once, then the next number after each pause, until the signal. */
import { setTimeout as sleep } from "node:timers/promises";

export async function* repeat(pauseMs: number, signal: AbortSignal): AsyncGenerator<number> {
  for (let round = 0; !signal.aborted; round += 1) {
    yield round;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
