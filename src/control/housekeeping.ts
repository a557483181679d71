/** What the relay does beside requests: it drops expired sessions, reads virtual keys, and writes what they have used. */
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

/** How often expired sessions are let go of; until then they are only not found. */
const sweepIntervalMs = 60_000;
/** How much of the usage of virtual keys a crash may lose. */
const flushIntervalMs = 3000;
/** How long a gateway may take to read a file of keys that has changed: a key that was revoked works no longer than that. */
export const keysReadWithinMs = 1000;

export function createHousekeeping({ relay, logger }: HousekeepingParts): Housekeeping {
  let timers: NodeJS.Timeout[] = [];
  const flush = () =>
    relay.flushLedger().catch((error: Error) => {
      logger.warn(`passthrough: the usage of virtual keys could not be written (${error.message})`);
    });
  let told: ReadonlySet<string> = new Set();
  const tellProblems = () => {
    const problems = relay.keyProblems().map(({ problem }) => problem);
    for (const problem of problems.filter((found) => !told.has(found))) {
      logger.warn(`passthrough: ${problem}`);
    }
    told = new Set(problems);
  };
  return {
    async start() {
      await relay.open().catch((error: Error) => {
        logger.warn(
          "passthrough: the usage of virtual keys cannot be read, and is not written until it can: " +
            `move passthrough/usage.json out of the state folder (${error.message})`,
        );
      });
      tellProblems();
      timers = [
        setInterval(() => void relay.refreshKeys().then(tellProblems), keysReadWithinMs / 2),
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
