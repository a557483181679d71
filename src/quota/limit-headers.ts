/** How a key's limits stand, as response headers. Pure. */
import type { Quota } from "./limiter.ts";

/**
 * Named as OpenAI names them: the limit, what is left of it, and how long until all of it is there again. Budgets are in US dollars.
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

/** Without an exponent, and without the last digits of a sum of dollars, rounded down: none is promised that is not there. */
function amount(value: number): string {
  const rounded = Math.floor(value * 1e6 + 1e-3) / 1e6;
  return rounded.toFixed(6).replace(/\.?0+$/, "");
}
