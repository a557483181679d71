/** Writes the state of a key's limits as response headers. Pure. */
import type { Quota } from "./limiter.ts";

/**
 * Uses OpenAI's header names, for the limit, the remaining amount and the time until the full limit is available again.
 * Budgets are in US dollars.
 * @returns a flat list of names and values.
 */
export function limitHeaders(quotas: readonly Quota[]): string[] {
  const list: string[] = [];
  for (const { name, limit, remaining, resetMs } of quotas) {
    const names = namesOf[name];
    list.push(names.limit, amount(limit), names.remaining, amount(remaining));
    list.push(names.reset, `${Math.ceil(resetMs)}ms`);
  }
  return list;
}

const namesOf = {
  requests: headerNames("requests"),
  tokens: headerNames("tokens"),
  concurrency: headerNames("concurrency"),
  "budget-day": headerNames("budget-day"),
  "budget-month": headerNames("budget-month"),
} satisfies Record<Quota["name"], unknown>;

function headerNames(name: Quota["name"]) {
  return {
    limit: `x-ratelimit-limit-${name}`,
    remaining: `x-ratelimit-remaining-${name}`,
    reset: `x-ratelimit-reset-${name}`,
  };
}

/** Six decimals at most, without an exponent. Rounded down, so that the header never promises more than remains. */
function amount(value: number): string {
  if (Number.isSafeInteger(value)) {
    return String(value);
  }
  const rounded = Math.floor(value * 1e6 + 1e-3) / 1e6;
  return rounded.toFixed(6).replace(/\.?0+$/, "");
}
