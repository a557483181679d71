/** Attempts in words, for the log and for a response header. */
import type { AttemptRecord } from "./events.ts";

/** A request has a handful of attempts; whatever is more is left out. */
const maxDescribed = 16;

/** `local/qwen upstream_failed 503 22 ms; cloud/qwen ok 39 ms`, with the separator that is asked for. */
export function describeAttempts(attempts: readonly AttemptRecord[], separator: string): string {
  return attempts.slice(-maxDescribed).map(describeAttempt).join(separator);
}

/** An attempt that was not made has the time that is left in place of the time that it took: `credential_refused 41 s left`. */
function describeAttempt(attempt: AttemptRecord): string {
  const { target, outcome, failedStatus, durationMs, leftMs } = attempt;
  const status = failedStatus === undefined ? "" : ` ${failedStatus}`;
  const time = leftMs === undefined ? `${durationMs} ms` : `${Math.ceil(leftMs / 1000)} s left`;
  return `${target} ${outcome}${status} ${time}`;
}

/** A model reference may come from a header; no line break and no terminal escape of it gets anywhere. */
export function printable(text: string): string {
  return (/[^\x20-\x7e]/.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, "?") : text).slice(0, 200);
}
