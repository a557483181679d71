/** The median, and how sure one can be of it. */

/** The mean of the middle two where there are two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const confidence = 0.95;
/** Fewer values have no interval of this confidence. */
export const minValues = 6;

/**
 * In which the median of all that could have been measured is, with a confidence of at least 95 %, whatever the
 * distribution: each value is as likely above that median as below it, so the number below is a count of
 * coin tosses. Of fewer
 * than `minValues` it reaches from the lowest to the highest.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((left, right) => left - right);
  const cut = cutAtEachEnd(sorted.length);
  return { low: sorted.at(cut) ?? Number.NaN, high: sorted.at(-1 - cut) ?? Number.NaN };
}

/** How many of the lowest and of the highest values may be left out. */
function cutAtEachEnd(count: number): number {
  let chance = 0.5 ** count;
  let chanceOutside = 2 * chance;
  let cut = 0;
  for (let below = 1; below < count / 2; below += 1) {
    chance *= (count - below + 1) / below;
    chanceOutside += 2 * chance;
    if (chanceOutside > 1 - confidence) {
      break;
    }
    cut = below;
  }
  return cut;
}
