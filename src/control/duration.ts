/** Parses durations on the command line. */
import { UsageError } from "./usage-error.ts";

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
};

/** An upper bound, so that today plus a duration stays a date with a four-digit year. */
const longestMs = 100 * 366 * 24 * 3_600_000;

/**
 * @param written such as `24h`, `1.5d` or `500ms`.
 * @returns whole milliseconds, at least one.
 * @throws UsageError, which says what is allowed.
 */
export function parseDuration(written: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(written.trim()) ?? [];
  const durationMs = Math.round(Number(amount) * (unitsMs[unit] ?? Number.NaN));
  if (durationMs >= 1 && durationMs <= longestMs) {
    return durationMs;
  }
  throw new UsageError(
    `"${written}" is not a duration: use a number above 0 and a unit (ms, s, m, h or d), such as 24h or 7d, up to 100 years`,
  );
}
