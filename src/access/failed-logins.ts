/** Counts wrong keys by client address. Requests with a valid key are not affected. */
import { LRUCache } from "lru-cache";

export interface FailedLogins {
  /**
   * Counts a wrong key.
   * @returns milliseconds for which wrong keys of this address get a 429; 0 if the limit is not reached.
   */
  add(address: string): number;
}

const maxPerWindow = 10;
const windowMs = 60_000;
const maxAddresses = 10_000;

/** @param now the time in milliseconds, from any origin. */
export function createFailedLogins(now: () => number = () => performance.now()): FailedLogins {
  const windows = new LRUCache<string, { readonly endsAtMs: number; count: number }>({
    max: maxAddresses,
  });
  return {
    add(address) {
      const nowMs = now();
      let window = windows.get(address);
      if (window === undefined || nowMs >= window.endsAtMs) {
        window = { endsAtMs: nowMs + windowMs, count: 0 };
        windows.set(address, window);
      }
      window.count += 1;
      return window.count > maxPerWindow ? window.endsAtMs - nowMs : 0;
    },
  };
}
