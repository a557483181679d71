/** A rate limit over a sliding window: counts what was used in the last 60 seconds. */

export interface SlidingWindow {
  /** The amount that counts now. May exceed the limit. */
  used(): number;
  /**
   * Counts an amount for one minute. If the sum exceeds the limit, the amount counts for sum / limit minutes instead, so
   * that the average stays within the limit.
   */
  add(amount: number, limitPerMinute: number): void;
  /** Milliseconds until an amount fits into the limit; 0 if it fits now. */
  waitMs(amount: number, limitPerMinute: number): number;
  /** Milliseconds until nothing counts any more; 0 if nothing counts now. */
  resetMs(): number;
}

const minuteMs = 60_000;
/** Expiry times are rounded up to this, and amounts with the same expiry share an entry. This bounds memory. */
const resolutionMs = 100;
/** Expired entries at the front are removed when there are more than this. */
const maxExpired = 1000;

interface Entry {
  readonly expiresAtMs: number;
  amount: number;
}

/** @param now the time in milliseconds, from any origin. */
export function createSlidingWindow(now: () => number): SlidingWindow {
  /** Ordered by expiry. Entries before `first` have expired. */
  let entries: Entry[] = [];
  let first = 0;
  let sum = 0;

  const expire = (): number => {
    const nowMs = now();
    for (let entry = entries[first]; entry && entry.expiresAtMs <= nowMs; entry = entries[first]) {
      sum -= entry.amount;
      first += 1;
    }
    if (first === entries.length || first > maxExpired) {
      entries = entries.slice(first);
      first = 0;
    }
    return nowMs;
  };
  const insert = (expiresAtMs: number, amount: number) => {
    let at = entries.length;
    // Nearly always at the end. Only after an overshoot may a later amount expire earlier.
    while (at > first && (entries[at - 1]?.expiresAtMs ?? 0) > expiresAtMs) {
      at -= 1;
    }
    const before = at > first ? entries[at - 1] : undefined;
    if (before?.expiresAtMs === expiresAtMs) {
      before.amount += amount;
    } else {
      entries.splice(at, 0, { expiresAtMs, amount });
    }
  };

  return {
    used() {
      expire();
      return sum;
    },
    add(amount, limitPerMinute) {
      if (amount > 0) {
        const nowMs = expire();
        sum += amount;
        const holdMs = minuteMs * Math.max(1, sum / limitPerMinute);
        insert(Math.ceil((nowMs + holdMs) / resolutionMs) * resolutionMs, amount);
      }
    },
    waitMs(amount, limitPerMinute) {
      const nowMs = expire();
      let remaining = sum;
      let waitMs = 0;
      for (let at = first; at < entries.length && remaining + amount > limitPerMinute; at += 1) {
        const { expiresAtMs, amount: freed } = entries[at] as Entry;
        remaining -= freed;
        waitMs = expiresAtMs - nowMs;
      }
      return waitMs;
    },
    resetMs() {
      const nowMs = expire();
      return (entries.at(-1)?.expiresAtMs ?? nowMs) - nowMs;
    },
  };
}
