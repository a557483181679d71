/** A cache of sessions: bounded in number, bytes, idle time and age. */
import { LRUCache } from "lru-cache";

export interface SessionBounds {
  readonly maxEntries: number;
  /** Of all sessions together. */
  readonly maxBytes: number;
  /** A session that is not used for so long is gone. */
  readonly idleTtlMs: number;
  /** A session is gone so long after it began, used or not. */
  readonly maxAgeMs: number;
}

export interface ExpiringCacheOptions<V> {
  readonly bounds: SessionBounds;
  readonly bytesOf: (value: V, key: string) => number;
  /** Called for each value that leaves. */
  readonly onGone?: (value: V, key: string) => void;
  /** The time in milliseconds, from any origin. */
  readonly now: () => number;
}

export interface ExpiringCache<V> {
  /** The value, which counts as used by that; undefined for none, or no longer. */
  get(key: string): V | undefined;
  /** Puts a value in; in the place of one that is there it keeps that one's age. */
  set(key: string, value: V): void;
  delete(key: string): void;
  /** Lets go of what has expired. */
  sweep(): void;
  clear(): void;
  stats(): { readonly sessions: number; readonly bytes: number };
}

interface Entry<V> {
  readonly beganAtMs: number;
  readonly value: V;
}

export function createExpiringCache<V>(options: ExpiringCacheOptions<V>): ExpiringCache<V> {
  const { bounds, bytesOf, onGone, now } = options;
  const entries = new LRUCache<string, Entry<V>>({
    max: bounds.maxEntries,
    maxSize: bounds.maxBytes,
    sizeCalculation: ({ value }, key) => bytesOf(value, key),
    ttl: bounds.idleTtlMs,
    updateAgeOnGet: true,
    perf: { now },
    ttlResolution: 0,
    dispose: ({ value }, key) => onGone?.(value, key),
  });
  const isTooOld = ({ beganAtMs }: Entry<V>) => now() - beganAtMs >= bounds.maxAgeMs;
  const current = (key: string) => {
    const entry = entries.get(key);
    if (entry !== undefined && isTooOld(entry)) {
      entries.delete(key);
      return undefined;
    }
    return entry;
  };
  return {
    get: (key) => current(key)?.value,
    set(key, value) {
      entries.set(key, { beganAtMs: current(key)?.beganAtMs ?? now(), value });
    },
    delete(key) {
      entries.delete(key);
    },
    sweep() {
      entries.purgeStale();
      for (const [key, entry] of entries.entries()) {
        if (isTooOld(entry)) {
          entries.delete(key);
        }
      }
    },
    clear: () => entries.clear(),
    stats: () => ({ sessions: entries.size, bytes: entries.calculatedSize }),
  };
}
