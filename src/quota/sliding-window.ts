/** Rate limits over any 60 seconds: what was used within the last minute counts, and nothing else. */

export interface SlidingWindow {
  /** What counts now: more than the limit, where more was used than allowed. */
  used(): number;
  /**
   * Counts an amount for a minute. Where the sum then exceeds the limit, it counts for as many minutes as the sum has limits in it,
   * so that the average stays within the limit.
   */
  add(amount: number, limitPerMinute: number): void;
  /** Milliseconds until an amount fits into the limit; 0 for now. */
  waitMs(amount: number, limitPerMinute: number): number;
  /** Milliseconds until nothing counts any more; 0 for now. */
  resetMs(): number;
}

const minuteMs = 60_000;
/** Amounts that expire within the same tenth of a second are kept as one, rounded up: this bounds the memory of any limit. */
const resolutionMs = 100;
/** Expired entries at the front are removed once there are so many. */
const maxExpired = 1000;

interface Entry {
  readonly expiresAtMs: number;
  amount: number;
}

/** @param now the time in milliseconds, from any origin. */
export function createSlidingWindow(now: () => number): SlidingWindow {
  /** In ascending order of their expiry, from `first` on. */
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
    // Nearly always the last place: only after an overshoot may a later amount expire first.
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
      let left = sum;
      let waitMs = 0;
      for (let at = first; at < entries.length && left + amount > limitPerMinute; at += 1) {
        const { expiresAtMs, amount: freed } = entries[at] as Entry;
        left -= freed;
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
