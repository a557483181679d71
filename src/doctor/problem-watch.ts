/** Checks the configuration at start and after each change, and publishes new problems. */
import { waitAtMost } from "../resilience/wait-at-most.ts";
import type { Subscriber } from "../telemetry/events.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Problem } from "../control/problems.ts";

export interface ProblemWatch {
  /** Checks now. @returns all current problems. Never rejects. */
  check(): Promise<readonly Problem[]>;
  /** Checks now, but returns the previous result if that takes longer than 2 s. Never rejects. */
  current(): Promise<readonly Problem[]>;
  /** The problems that the last check found. */
  last(): readonly Problem[];
  /** Starts to check: within a second, and after each change of the configuration. */
  start(): void;
  stop(): void;
}

export interface ProblemWatchParts {
  readonly find: () => Promise<readonly Problem[]>;
  /** The configuration; a different object after each change. */
  readonly snapshot: () => object;
  readonly logger: Pick<Logger, "warn">;
  readonly publish: Subscriber;
}

/** How long `current` waits: the host needs seconds to prepare many new models, and a person waits at a terminal. */
const maxWaitMs = 2000;

/** How often to look for a changed configuration. The comparison is by identity and takes microseconds. */
const compareIntervalMs = 1000;

export function createProblemWatch(parts: ProblemWatchParts): ProblemWatch {
  const { find, snapshot, logger, publish } = parts;
  let timer: NodeJS.Timeout | undefined;
  let checked: object | undefined;
  let running: Promise<readonly Problem[]> | undefined;
  let found: readonly Problem[] = [];
  let loggedLines: ReadonlySet<string> = new Set();

  const run = async () => {
    try {
      checked = snapshot();
      found = await find();
      const lines = found.map(({ path, message, fix }) => `${path}: ${message} ${fix}`);
      for (const line of lines.filter((words) => !loggedLines.has(words))) {
        publish({ kind: "problem-found", line });
      }
      loggedLines = new Set(lines);
    } catch (error) {
      logger.warn(
        `passthrough: could not check the configuration (${error instanceof Error ? error.message : "no reason given"})`,
      );
    } finally {
      running = undefined;
    }
    return found;
  };
  const check = () => (running ??= run());
  /** Catches errors: an exception in a timer would end the gateway's process. */
  const hasChanged = () => {
    try {
      return snapshot() !== checked;
    } catch {
      return false;
    }
  };

  return {
    check,
    last: () => found,
    async current() {
      await waitAtMost(maxWaitMs, check());
      return found;
    },
    start() {
      timer = setInterval(() => {
        if (hasChanged()) {
          void check();
        }
      }, compareIntervalMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
    },
  };
}
