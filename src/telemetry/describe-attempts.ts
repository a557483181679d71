/** Attempts in words, for the log and for a response header. */
import type { AttemptRecord } from "./events.ts";

/** A request has a handful of attempts; whatever is more is left out. */
const maxDescribed = 16;

/** `local/qwen upstream_failed 503 22 ms; cloud/qwen ok 39 ms`, with the separator that is asked for. */
export function describeAttempts(attempts: readonly AttemptRecord[], separator: string): string {
  return attempts
    .slice(-maxDescribed)
    .map(({ target, outcome, durationMs }) => `${target} ${outcome} ${durationMs} ms`)
    .join(separator);
}

/** A model reference may come from a header; no line break and no terminal escape of it gets anywhere. */
export function printable(text: string): string {
  return (/[^\x20-\x7e]/.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, "?") : text).slice(0, 200);
}
