/** Bounds the lines of a second. */

export interface LineBudget {
  /** @returns how many lines were left out since the last one; undefined if this one is to be left out, too. */
  take(maxPerSecond: number): number | undefined;
}

/** @param now milliseconds from any origin, which never go back. */
export function createLineBudget(now: () => number = () => performance.now()): LineBudget {
  let second = -1;
  let lines = 0;
  let leftOut = 0;
  return {
    take(maxPerSecond) {
      const current = Math.floor(now() / 1000);
      if (current !== second) {
        second = current;
        lines = 0;
      }
      if (lines >= maxPerSecond) {
        leftOut += 1;
        return undefined;
      }
      lines += 1;
      const told = leftOut;
      leftOut = 0;
      return told;
    },
  };
}
