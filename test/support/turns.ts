/** How long the event loop was held up at a time. */
import { threadCpuUsage } from "node:process";

export interface Turns {
  /** The longest so far, in milliseconds of this thread's CPU: a machine that does other work is no reason. */
  readonly longestMs: number;
  stop(): void;
}

/** Watches from now on, with a beat every few milliseconds: what was used between two of them held the second one up. */
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
