/** Looks for problems of the configuration after the start and after each change of it, and says what is new. */
import type { Logger } from "../telemetry/log.ts";
import type { Problem } from "./problems.ts";

export interface ProblemWatch {
  /** Looks now. @returns all problems that there are. Never rejects. */
  check(): Promise<readonly Problem[]>;
  /** Looks now, and gives what was found before where that takes longer than somebody at a terminal waits. Never rejects. */
  current(): Promise<readonly Problem[]>;
  /** Looks soon, and whenever the configuration has changed. */
  start(): void;
  stop(): void;
}

export interface ProblemWatchParts {
  readonly find: () => Promise<readonly Problem[]>;
  /** The configuration as an object that is another one after each change. */
  readonly snapshot: () => object;
  readonly logger: Pick<Logger, "warn">;
}

/** How long `current` waits: many models that the host has not prepared yet take it seconds. */
const patienceMs = 2000;

/** How often the configuration is compared with the one that was checked: by identity, which costs microseconds. */
const compareIntervalMs = 1000;

export function createProblemWatch({ find, snapshot, logger }: ProblemWatchParts): ProblemWatch {
  let timer: NodeJS.Timeout | undefined;
  let checked: object | undefined;
  let running: Promise<readonly Problem[]> | undefined;
  let found: readonly Problem[] = [];
  let told: ReadonlySet<string> = new Set();

  const look = async () => {
    try {
      checked = snapshot();
      found = await find();
      const lines = found.map(({ path, message, fix }) => `${path}: ${message} ${fix}`);
      for (const line of lines.filter((words) => !told.has(words))) {
        logger.warn(`passthrough: ${line}`);
      }
      told = new Set(lines);
    } catch (error) {
      logger.warn(
        `passthrough: the configuration could not be checked (${error instanceof Error ? error.message : "no reason given"})`,
      );
    } finally {
      running = undefined;
    }
    return found;
  };
  const check = () => (running ??= look());
  /** What throws in a timer would end the gateway. */
  const hasChanged = () => {
    try {
      return snapshot() !== checked;
    } catch {
      return false;
    }
  };

  return {
    check,
    async current() {
      let patience: NodeJS.Timeout | undefined;
      const waited = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, patienceMs);
      });
      await Promise.race([check(), waited]);
      clearTimeout(patience);
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
