/**
 * A clock that stands still until a test advances it, so no test depends on the speed of its machine. Sockets are real
 * and need no clock.
 */
import { onTestFinished, vi } from "vitest";

/** The sources of time that the relay uses. */
const stopped = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "Date",
  "performance",
] as const;

export interface StoppedClock {
  /** Advances the clock and fires the timers that are due. */
  pass(ms: number): Promise<void>;
}

/** Stops the clock of this process, and thus of the relay, until the test ends. The scripted provider keeps its pace. */
export function stopClock(): StoppedClock {
  vi.useFakeTimers({ toFake: [...stopped] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return {
    async pass(ms) {
      await vi.advanceTimersByTimeAsync(ms);
    },
  };
}
