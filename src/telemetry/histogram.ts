/**
 * A histogram of times with logarithmic buckets: small, mergeable, and 6 % wide everywhere. Its buckets begin at 10 ms times
 * 2^(n/12), so that the bounds of `gen_ai.client.operation.duration` (10 ms, 20 ms, 40 ms, …) are bounds of buckets, too.
 */
import type { Percentiles } from "./views.ts";

/** A time that many histograms observe: its bucket is found once. */
export interface Time {
  readonly ms: number;
  readonly bucket: number;
}

/** Negative and invalid times count as 0. */
export function timeOf(ms: number): Time {
  const valid = ms > 0 && ms < Infinity ? ms : 0;
  return { ms: valid, bucket: bucketOf(valid) };
}

export interface Histogram {
  readonly count: number;
  /** Milliseconds. */
  readonly sumMs: number;
  observe(time: Time): void;
  add(other: Histogram): void;
  /** How many observations were at most this long; exact for bounds of buckets, else without the bucket that holds it. */
  countUpTo(ms: number): number;
  /** The same for several times at once. @param ms in ascending order. */
  countsUpTo(ms: readonly number[]): readonly number[];
  /** The upper bound of the bucket that holds the quantile; null without observations. @param share from 0 to 1. */
  quantileMs(share: number): number | null;
  /** Counts by bucket, for `add`. */
  readonly buckets: Uint32Array;
}

const bucketsPerOctave = 12;
/** Bucket 0 holds everything up to 10 ms / 2^8 = 39 µs. */
const octavesBelowOrigin = 8;
const originMs = 10;
/** Up to 10 ms * 2^18 = 44 minutes; the last bucket holds all that is longer. */
const bucketCount = bucketsPerOctave * (octavesBelowOrigin + 18) + 2;

/** Upper bounds in milliseconds; the last one is infinite. */
const upperBoundsMs = Array.from({ length: bucketCount }, (_, at) =>
  at === bucketCount - 1 ? Infinity : originMs * 2 ** (at / bucketsPerOctave - octavesBelowOrigin),
);

/** The first bucket whose upper bound is at least `ms`. */
function bucketOf(ms: number): number {
  const octaves = Math.log2(ms / originMs) + octavesBelowOrigin;
  // The tolerance keeps a bound of a bucket in that bucket, although its logarithm is not exact.
  const at = Math.ceil(octaves * bucketsPerOctave - 1e-9);
  return at > 0 ? Math.min(at, bucketCount - 1) : 0;
}

/** A class, because a snapshot holds thousands of them. */
class LogHistogram implements Histogram {
  readonly buckets = new Uint32Array(bucketCount);
  count = 0;
  sumMs = 0;

  observe({ ms, bucket }: Time): void {
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.count += 1;
    this.sumMs += ms;
  }

  add({ buckets, count, sumMs }: Histogram): void {
    for (let at = 0; at < bucketCount; at += 1) {
      this.buckets[at] = (this.buckets[at] ?? 0) + (buckets[at] ?? 0);
    }
    this.count += count;
    this.sumMs += sumMs;
  }

  countUpTo(ms: number): number {
    return this.countsUpTo([ms])[0] ?? 0;
  }

  countsUpTo(ms: readonly number[]): readonly number[] {
    let at = 0;
    let sum = 0;
    return ms.map((bound) => {
      const most = bound * (1 + 1e-9);
      while (at < bucketCount && (upperBoundsMs[at] ?? Infinity) <= most) {
        sum += this.buckets[at] ?? 0;
        at += 1;
      }
      return sum;
    });
  }

  quantileMs(share: number): number | null {
    if (this.count === 0) {
      return null;
    }
    const rank = Math.max(1, Math.ceil(share * this.count));
    let sum = 0;
    for (let at = 0; at < bucketCount - 1; at += 1) {
      sum += this.buckets[at] ?? 0;
      if (sum >= rank) {
        return upperBoundsMs[at] ?? null;
      }
    }
    return upperBoundsMs[bucketCount - 2] ?? null;
  }
}

export function createHistogram(): Histogram {
  return new LogHistogram();
}

/** Rounded to a tenth of a millisecond; null without observations. */
export function percentilesOf(histogram: Histogram | undefined): Percentiles | null {
  if (histogram === undefined || histogram.count === 0) {
    return null;
  }
  const at = (share: number) => Math.round((histogram.quantileMs(share) ?? 0) * 10) / 10;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** @returns a histogram with the observations of all; undefined if none has any. */
export function mergedHistogram(
  histograms: Iterable<Histogram | undefined>,
): Histogram | undefined {
  let merged: Histogram | undefined;
  for (const histogram of histograms) {
    if (histogram !== undefined && histogram.count > 0) {
      merged ??= createHistogram();
      merged.add(histogram);
    }
  }
  return merged;
}
