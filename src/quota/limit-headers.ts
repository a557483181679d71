/** Writes the state of a key's limits as response headers. Pure. */
import type { Quota } from "./limiter.ts";

/**
 * Uses OpenAI's header names, for the limit, the remaining amount and the time until the full limit is available again.
 * Budgets are in US dollars.
 * @returns a flat list of names and values.
 */
export function limitHeaders(quotas: readonly Quota[]): string[] {
  return quotas.flatMap(({ name, limit, remaining, resetMs }) => [
    `x-ratelimit-limit-${name}`,
    amount(limit),
    `x-ratelimit-remaining-${name}`,
    amount(remaining),
    `x-ratelimit-reset-${name}`,
    `${Math.ceil(resetMs)}ms`,
  ]);
}

/** Six decimals at most, without an exponent. Rounded down, so that the header never promises more than remains. */
function amount(value: number): string {
  const rounded = Math.floor(value * 1e6 + 1e-3) / 1e6;
  return rounded.toFixed(6).replace(/\.?0+$/, "");
}
