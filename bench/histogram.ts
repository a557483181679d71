/** Histograms of the times of a measurement, with buckets 2.3 % wide. */

/** Buckets with their counts, shortest time first; bucket `i` stands for 10^(i/100) microseconds. */
export type Histogram = readonly (readonly [bucket: number, count: number])[];

const bucketsPerDecade = 100;

export interface Recorder {
  /** Times below a microsecond count as one. */
  record(timeMs: number): void;
  histogram(): Histogram;
}

export function createRecorder(): Recorder {
  const counts = new Map<number, number>();
  return {
    record(timeMs) {
      const bucket = Math.round(Math.log10(Math.max(timeMs * 1000, 1)) * bucketsPerDecade);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    },
    histogram: () => sorted(counts),
  };
}

/** The sum of several histograms. */
export function merge(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>();
  for (const [bucket, count] of histograms.flat()) {
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return sorted(counts);
}

/** The shortest time that covers this share of all times; NaN for an empty histogram. */
export function quantileMs(histogram: Histogram, share: number): number {
  let left = share * countOf(histogram);
  for (const [bucket, count] of histogram) {
    left -= count;
    if (left <= 0) {
      return 10 ** (bucket / bucketsPerDecade) / 1000;
    }
  }
  return Number.NaN;
}

function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

function sorted(counts: ReadonlyMap<number, number>): Histogram {
  return [...counts].sort(([left], [right]) => left - right);
}
