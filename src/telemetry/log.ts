/** One log line a request: at debug level when its first attempt succeeded, as a warning otherwise. */
import type { RequestEnd, Subscriber } from "./events.ts";

/** The host's logger, as far as it is used. */
export interface Logger {
  readonly debug?: (message: string) => void;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

/** Outcomes that are the client's business and no reason to bother the operator. */
const clientOutcomes: ReadonlySet<string> = new Set(["ok", "client_closed"]);

export function createRequestLog(logger: Logger): Subscriber {
  return (event) => {
    const refused = event.status >= 400 && event.status < 500;
    const quiet = event.attempts.length <= 1 && (refused || clientOutcomes.has(event.outcome));
    if (!quiet) {
      logger.warn(format(event));
    } else {
      logger.debug?.(format(event));
    }
  };
}

function format(event: RequestEnd): string {
  const attempts = event.attempts
    .map((attempt) => `${printable(attempt.target)} ${attempt.outcome} ${attempt.durationMs} ms`)
    .join("; ");
  return [
    `passthrough: ${event.endpoint} ${event.requestId}: status ${event.status}, ${event.outcome}, ${event.durationMs} ms`,
    ...(attempts === "" ? [] : [`attempts: ${attempts}`]),
    ...(event.trace === undefined ? [] : [event.trace]),
  ].join(", ");
}

/** A model reference may come from a header; no line break and no terminal escape of it gets into the log. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
}
