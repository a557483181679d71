/**
 * A cache of sessions, bounded by number, bytes, idle time and age, and shared fairly among the sessions' owners.
 *
 * When it is full, the owner with the most sessions (or bytes) loses its least recently used one. An owner within its fair
 * share (the bound divided by the number of owners) never loses a session to another owner.
 */
import type { SessionStoreStats } from "./session-store.ts";

export interface SessionBounds {
  readonly maxEntries: number;
  /** Size of all sessions together. */
  readonly maxBytes: number;
  /** A session expires when it was unused for this long. */
  readonly idleTtlMs: number;
  /** A session expires this long after its start, used or not. */
  readonly maxAgeMs: number;
}

export interface ExpiringCacheOptions<V> {
  readonly bounds: SessionBounds;
  readonly bytesOf: (value: V, key: string) => number;
  /** The owner of a session, by its key. */
  readonly ownerOf: (key: string) => string;
  /** Called for each value that leaves the cache. */
  readonly onGone?: (value: V, key: string) => void;
  /** The time in milliseconds, from any origin. */
  readonly now: () => number;
}

export interface ExpiringCache<V> {
  /** Returns the value and marks it as used; undefined if there is none or it has expired. */
  get(key: string): V | undefined;
  /** Stores a value. It inherits the age of a value that it replaces. A value larger than `maxBytes` is not stored. */
  set(key: string, value: V): void;
  delete(key: string): void;
  /** Removes expired values. */
  sweep(): void;
  clear(): void;
  stats(): SessionStoreStats;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  readonly beganAtMs: number;
  usedAtMs: number;
}

/** The sessions of one owner, least recently used first. */
interface Share<V> {
  readonly entries: Map<string, Entry<V>>;
  bytes: number;
}

export function createExpiringCache<V>(options: ExpiringCacheOptions<V>): ExpiringCache<V> {
  const { bounds, bytesOf, ownerOf, onGone, now } = options;
  const shares = new Map<string, Share<V>>();
  let sessions = 0;
  let bytes = 0;
  let evictions = 0;
  let expiries = 0;

  const isGone = ({ usedAtMs, beganAtMs }: Entry<V>, nowMs: number) =>
    nowMs - usedAtMs > bounds.idleTtlMs || nowMs - beganAtMs >= bounds.maxAgeMs;

  const remove = (owner: string, key: string) => {
    const share = shares.get(owner);
    const entry = share?.entries.get(key);
    if (share === undefined || entry === undefined) {
      return;
    }
    share.entries.delete(key);
    share.bytes -= entry.bytes;
    sessions -= 1;
    bytes -= entry.bytes;
    if (share.entries.size === 0) {
      shares.delete(owner);
    }
    onGone?.(entry.value, key);
  };

  /** Returns the entry of a key and marks it as its owner's most recently used one. */
  const use = (owner: string, key: string): Entry<V> | undefined => {
    const share = shares.get(owner);
    const entry = share?.entries.get(key);
    if (share === undefined || entry === undefined) {
      return undefined;
    }
    const nowMs = now();
    if (isGone(entry, nowMs)) {
      expiries += 1;
      remove(owner, key);
      return undefined;
    }
    entry.usedAtMs = nowMs;
    share.entries.delete(key);
    share.entries.set(key, entry);
    return entry;
  };

  const add = (owner: string, key: string, entry: Entry<V>) => {
    let share = shares.get(owner);
    if (share === undefined) {
      share = { entries: new Map(), bytes: 0 };
      shares.set(owner, share);
    }
    share.entries.set(key, entry);
    share.bytes += entry.bytes;
    sessions += 1;
    bytes += entry.bytes;
  };

  /** Removes the least recently used session of the owner with the largest `sizeOf`. */
  const evictFromLargest = (sizeOf: (share: Share<V>) => number) => {
    let largest = { owner: "", size: -1 };
    for (const [owner, share] of shares) {
      const size = sizeOf(share);
      largest = size > largest.size ? { owner, size } : largest;
    }
    for (const key of shares.get(largest.owner)?.entries.keys() ?? []) {
      evictions += 1;
      remove(largest.owner, key);
      return;
    }
  };

  return {
    get: (key) => use(ownerOf(key), key)?.value,
    set(key, value) {
      const owner = ownerOf(key);
      const beganAtMs = use(owner, key)?.beganAtMs ?? now();
      remove(owner, key);
      const entry = { value, bytes: bytesOf(value, key), beganAtMs, usedAtMs: now() };
      if (entry.bytes > bounds.maxBytes) {
        onGone?.(value, key);
        return;
      }
      add(owner, key, entry);
      while (sessions > bounds.maxEntries) {
        evictFromLargest(({ entries }) => entries.size);
      }
      while (bytes > bounds.maxBytes) {
        evictFromLargest((share) => share.bytes);
      }
    },
    delete: (key) => remove(ownerOf(key), key),
    sweep() {
      const nowMs = now();
      for (const [owner, { entries }] of shares) {
        for (const [key, entry] of entries) {
          if (isGone(entry, nowMs)) {
            expiries += 1;
            remove(owner, key);
          }
        }
      }
    },
    clear() {
      for (const [owner, { entries }] of shares) {
        for (const key of entries.keys()) {
          remove(owner, key);
        }
      }
    },
    stats: () => ({ sessions, bytes, evictions, expiries }),
  };
}
