/**
 * A clock that stands still until a test moves it, so that no test depends on how fast its machine is. Sockets are real:
 * what comes over them comes by itself.
 */
import { onTestFinished, vi } from "vitest";

/** What the relay takes the time from. */
const stopped = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "Date",
  "performance",
] as const;

export interface StoppedClock {
  /** Moves the clock on. Timers that are due by then go off. */
  pass(ms: number): Promise<void>;
}

/** Stops the clock of this process, and so the relay's, until the test ends. The scripted provider keeps its pace. */
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
