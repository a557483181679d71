/** Measures how long the event loop is blocked. */
import { threadCpuUsage } from "node:process";

export interface Turns {
  /** The longest block so far, in CPU time of this thread, so other work on the machine does not count. */
  readonly longestMs: number;
  stop(): void;
}

/** Starts a timer that ticks every few milliseconds; CPU time used between two ticks delayed the second one. */
export function watchTurns(): Turns {
  let longestMs = 0;
  let before = threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = threadCpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    before = threadCpuUsage();
  }, 5);
  return {
    get longestMs() {
      return longestMs;
    },
    stop: () => clearInterval(timer),
  };
}
