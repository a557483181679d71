/** A rate: so many a minute, in a burst or spread out. */

export interface TokenBucket {
  /** What could be taken at once now; negative where more was taken than there was. */
  level(): number;
  take(amount: number): void;
  /** How long until so much is there, in milliseconds; 0 for now. */
  waitMs(amount: number): number;
}

const minuteMs = 60_000;

/** @param now the time in milliseconds, from any origin. */
export function createTokenBucket(perMinute: number, now: () => number): TokenBucket {
  let level = perMinute;
  let atMs = now();
  const refill = () => {
    const nowMs = now();
    level = Math.min(perMinute, level + ((nowMs - atMs) / minuteMs) * perMinute);
    atMs = nowMs;
    return level;
  };
  return {
    level: refill,
    take(amount) {
      refill();
      level -= amount;
    },
    waitMs: (amount) => Math.max(0, ((amount - refill()) / perMinute) * minuteMs),
  };
}
