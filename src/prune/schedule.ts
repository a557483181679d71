/** Prunes in the background, if the config sets a time to live for one-shot sessions. */
import type { Logger } from "../telemetry/log.ts";
import type { Prune } from "./prune.ts";
import type { PruneReport, PruneRequest } from "./contract.ts";

/** Delayed, because a starting gateway is busy. */
const firstRunAfterMs = 5 * 60_000;
const runEveryMs = 60 * 60_000;

/** `retention` of the config. */
interface Retention {
  readonly modelRunTtlMs?: number | undefined;
  readonly httpOneShotTtlMs?: number | undefined;
}

export interface PruneScheduleParts {
  readonly prune: Prune;
  /** The current config's `retention`, read before each run. */
  readonly retention: () => Retention;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export interface PruneSchedule {
  start(): void;
  /** Settles when the current run, if any, has ended. */
  stop(): Promise<void>;
}

export function createPruneSchedule({
  prune,
  retention,
  logger,
}: PruneScheduleParts): PruneSchedule {
  let timer: NodeJS.Timeout | undefined;
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const runOnce = async (signal: AbortSignal) => {
    const request = requestOf(retention());
    if (request === undefined) {
      return;
    }
    try {
      logReport(await prune(request, signal), logger);
    } catch (error) {
      logger.warn(
        `passthrough: could not remove one-shot sessions: ${error instanceof Error ? error.message : String(error)}; ` +
          "`openclaw passthrough sessions prune --dry-run` lists them, `openclaw doctor` checks their store",
      );
    }
  };
  const arm = (afterMs: number, { signal }: AbortController) => {
    timer = setTimeout(() => {
      running = runOnce(signal).finally(() => {
        if (!signal.aborted) {
          arm(runEveryMs, stopping);
        }
      });
    }, afterMs);
    timer.unref();
  };
  return {
    start() {
      stopping = new AbortController();
      arm(firstRunAfterMs, stopping);
    },
    stop() {
      stopping.abort();
      clearTimeout(timer);
      return running;
    },
  };
}

function requestOf({ modelRunTtlMs, httpOneShotTtlMs }: Retention): PruneRequest | undefined {
  const ttlsMs = {
    ...(modelRunTtlMs === undefined ? {} : { "model-run": modelRunTtlMs }),
    ...(httpOneShotTtlMs === undefined ? {} : { "http-one-shot": httpOneShotTtlMs }),
  };
  return Object.keys(ttlsMs).length === 0 ? undefined : { ttlsMs, dryRun: false };
}

function logReport(report: PruneReport, logger: PruneScheduleParts["logger"]): void {
  for (const { kind, sessions, bytes, kept, refusal } of report.kinds) {
    if (sessions > 0) {
      const freed = bytes === null ? "" : `, ${bytes} bytes`;
      logger.info(`passthrough: removed ${sessions} ${kind} sessions that had expired${freed}`);
    }
    if (kept.refused > 0) {
      logger.warn(
        `passthrough: the host refused to remove ${kept.refused} ${kind} sessions: ${refusal}; the next run retries`,
      );
    }
  }
}
