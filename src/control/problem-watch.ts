/** Looks for problems of the configuration after the start and after each change of it, and says what is new. */
import type { Logger } from "../telemetry/log.ts";
import type { Problem } from "./problems.ts";

export interface ProblemWatch {
  /** Looks now. @returns all problems that there are. Never rejects. */
  check(): Promise<readonly Problem[]>;
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

/** How often the configuration is compared with the one that was checked: by identity, which costs microseconds. */
const compareIntervalMs = 1000;

export function createProblemWatch({ find, snapshot, logger }: ProblemWatchParts): ProblemWatch {
  let timer: NodeJS.Timeout | undefined;
  let checked: object | undefined;
  let running: Promise<readonly Problem[]> | undefined;
  let told: ReadonlySet<string> = new Set();

  const look = async () => {
    try {
      checked = snapshot();
      const problems = await find();
      const lines = problems.map(({ path, message, fix }) => `${path}: ${message} ${fix}`);
      for (const line of lines.filter((found) => !told.has(found))) {
        logger.warn(`passthrough: ${line}`);
      }
      told = new Set(lines);
      return problems;
    } catch (error) {
      logger.warn(
        `passthrough: the configuration could not be checked (${error instanceof Error ? error.message : "no reason given"})`,
      );
      return [];
    } finally {
      running = undefined;
    }
  };
  const check = () => (running ??= look());

  return {
    check,
    start() {
      timer = setInterval(() => {
        if (snapshot() !== checked) {
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
