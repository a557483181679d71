/** Sessions in memory: bounded in number, bytes, idle time and age; nothing on disk, ever. */
import { LRUCache } from "lru-cache";
import { historyBytes, withinBytes } from "./history.ts";
import type { SessionStore, StoredMessage } from "./session-store.ts";

export interface MemoryStoreOptions {
  readonly maxEntries: number;
  /** Of all sessions together. One of them may have a sixteenth of it. */
  readonly maxBytes: number;
  /** A session that is not used for so long is gone. */
  readonly idleTtlMs: number;
  /** A session is gone so long after it began, used or not. */
  readonly maxAgeMs: number;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

interface Session {
  readonly beganAtMs: number;
  readonly messages: readonly StoredMessage[];
}

/** What a session costs beside its messages, roughly: its key, the cache's own entry. */
const entryBytes = 200;

export function createMemoryStore(options: MemoryStoreOptions): SessionStore {
  const { maxEntries, maxBytes, idleTtlMs, maxAgeMs, now = () => performance.now() } = options;
  const sessions = new LRUCache<string, Session>({
    max: maxEntries,
    maxSize: maxBytes,
    sizeCalculation: ({ messages }, key) => entryBytes + key.length + historyBytes(messages),
    ttl: idleTtlMs,
    updateAgeOnGet: true,
    perf: { now },
    ttlResolution: 0,
  });
  const current = (key: string) => {
    const session = sessions.get(key);
    if (session !== undefined && now() - session.beganAtMs >= maxAgeMs) {
      sessions.delete(key);
      return undefined;
    }
    return session;
  };

  return {
    load: async (key) => current(key)?.messages,
    async append(key, messages, replace) {
      const session = current(key);
      const before = replace ? [] : (session?.messages ?? []);
      sessions.set(key, {
        beganAtMs: session?.beganAtMs ?? now(),
        messages: withinBytes([...before, ...messages], Math.floor(maxBytes / 16)),
      });
    },
    delete: async (key) => {
      sessions.delete(key);
    },
    sweep: async () => {
      sessions.purgeStale();
      for (const [key, { beganAtMs }] of sessions.entries()) {
        if (now() - beganAtMs >= maxAgeMs) {
          sessions.delete(key);
        }
      }
    },
    stats: async () => ({ sessions: sessions.size, bytes: sessions.calculatedSize }),
  };
}
