/** Formats amounts of money for the terminal. Pure. */

const format = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
  minimumSignificantDigits: 1,
  maximumSignificantDigits: 2,
  roundingPriority: "morePrecision",
  useGrouping: false,
});

/** Four decimals, or two significant digits for smaller amounts: a budget may be as small as `$0.00003`. */
export function dollars(usd: number): string {
  return format.format(usd);
}
