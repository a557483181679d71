/** What the relay does beside requests: it lets go of expired sessions, and writes what virtual keys have used. */
import type { Logger } from "../telemetry/log.ts";

export interface HousekeepingParts {
  readonly relay: {
    sweep(): Promise<void>;
    openLedger(): Promise<void>;
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

export function createHousekeeping({ relay, logger }: HousekeepingParts): Housekeeping {
  let timers: NodeJS.Timeout[] = [];
  const flush = () =>
    relay.flushLedger().catch((error: Error) => {
      logger.warn(`passthrough: the usage of virtual keys could not be written (${error.message})`);
    });
  return {
    async start() {
      await relay.openLedger().catch((error: Error) => {
        logger.warn(
          "passthrough: the usage of virtual keys cannot be read, and is not written until it can: " +
            `move passthrough/usage.json out of the state folder (${error.message})`,
        );
      });
      timers = [
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
