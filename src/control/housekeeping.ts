/** Runs the relay's periodic jobs: drop expired sessions, reload virtual keys, write the usage of keys. */
import type { Logger } from "../telemetry/log.ts";

export interface HousekeepingParts {
  readonly relay: {
    sweep(): Promise<void>;
    open(): Promise<void>;
    refreshKeys(): Promise<void>;
    keyProblems(): readonly { readonly problem: string }[];
    flushLedger(): Promise<void>;
  };
  readonly logger: Pick<Logger, "warn">;
}

export interface Housekeeping {
  start(): Promise<void>;
  stop(): void;
}

/** How often expired sessions are deleted. Before that they take memory, but no request finds them. */
const sweepIntervalMs = 60_000;
/** How often usage is written. A crash loses no more than this. */
const flushIntervalMs = 3000;
/** Upper bound until a running gateway has read a changed key file, and so for how long a revoked key still works. */
export const keysReadWithinMs = 1000;

export function createHousekeeping({ relay, logger }: HousekeepingParts): Housekeeping {
  let timers: NodeJS.Timeout[] = [];
  const flush = () =>
    relay.flushLedger().catch((error: Error) => {
      logger.warn(`passthrough: could not write the usage of virtual keys (${error.message})`);
    });
  let loggedProblems: ReadonlySet<string> = new Set();
  const logNewProblems = () => {
    const problems = relay.keyProblems().map(({ problem }) => problem);
    for (const problem of problems.filter((found) => !loggedProblems.has(found))) {
      logger.warn(`passthrough: ${problem}`);
    }
    loggedProblems = new Set(problems);
  };
  return {
    async start() {
      await relay.open().catch((error: Error) => {
        logger.warn(
          "passthrough: cannot read the usage of virtual keys, so it stays in memory: " +
            `move passthrough/usage.json out of the state folder (${error.message})`,
        );
      });
      logNewProblems();
      timers = [
        setInterval(() => void relay.refreshKeys().then(logNewProblems), keysReadWithinMs / 2),
        setInterval(() => void relay.sweep(), sweepIntervalMs),
        setInterval(() => void flush(), flushIntervalMs),
      ];
      for (const timer of timers) {
        timer.unref();
      }
    },
    stop() {
      for (const timer of timers) {
        clearInterval(timer);
      }
      timers = [];
    },
  };
}
