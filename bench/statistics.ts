/** Numbers out of measurements. */
import type { LoadResult } from "./load.ts";

/** What several measurements of the same thing come to. */
export interface Summary {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteP50Ms: number;
  /** The median of the measurements. */
  readonly requestsPerSecond: number;
}

/** Latencies are pooled over the measurements. */
export function summarize(results: readonly LoadResult[]): Summary {
  const latenciesMs = results.flatMap((result) => result.latenciesMs);
  const firstBytesMs = results.flatMap((result) => result.firstBytesMs);
  return {
    requests: latenciesMs.length,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    firstByteP50Ms: quantile(firstBytesMs, 0.5),
    requestsPerSecond: quantile(results.map(rateOf), 0.5),
  };
}

/** One rate as a share of another. */
export interface Share {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Shares are taken round by round, so that what slows down a whole round does not count. */
export function throughputShare(
  results: readonly LoadResult[],
  references: readonly LoadResult[],
): Share {
  const shares = results.flatMap((result, round) => {
    const reference = references[round];
    return reference === undefined ? [] : [rateOf(result) / rateOf(reference)];
  });
  return {
    median: quantile(shares, 0.5),
    lowest: Math.min(...shares),
    highest: Math.max(...shares),
  };
}

function rateOf({ latenciesMs, elapsedMs }: LoadResult): number {
  return latenciesMs.length / (elapsedMs / 1000);
}

/**
 * The smallest value that is not less than this share of all, the mean of the middle two where the share falls between
 * them.
 */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const rank = share * sorted.length;
  const upper = sorted[Math.min(Math.floor(rank), sorted.length - 1)] ?? Number.NaN;
  const lower = sorted[Math.max(Math.ceil(rank) - 1, 0)] ?? Number.NaN;
  return (lower + upper) / 2;
}
