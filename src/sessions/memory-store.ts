/** Stores conversations in memory, never on disk. */
import { createExpiringCache, type SessionBounds } from "./expiring-cache.ts";
import { historyBytes, withinBytes } from "./history.ts";
import { ownerOf } from "./session-key.ts";
import type { SessionStore, StoredMessage } from "./session-store.ts";

/** A single session may take up to a sixteenth of `maxBytes`. */
export interface MemoryStoreOptions extends SessionBounds {
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

/** Estimated memory of a session without its messages and its key. */
const entryBytes = 200;

export function createMemoryStore(options: MemoryStoreOptions): SessionStore {
  const { now = () => performance.now(), ...bounds } = options;
  const sessions = createExpiringCache<readonly StoredMessage[]>({
    bounds,
    ownerOf,
    bytesOf: (messages, key) => entryBytes + key.length + historyBytes(messages),
    now,
  });
  return {
    load: async (key) => sessions.get(key),
    async append(key, messages, replace) {
      const before = replace ? [] : (sessions.get(key) ?? []);
      sessions.set(key, withinBytes([...before, ...messages], Math.floor(bounds.maxBytes / 16)));
    },
    delete: async (key) => sessions.delete(key),
    sweep: async () => sessions.sweep(),
    stats: async () => sessions.stats(),
  };
}
