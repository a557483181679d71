/** The host's sessions in memory that agent runs use: one for each key, let go when it expires. */
import { createHash, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { SessionStoreStats } from "./session-store.ts";
import type { TurnQueue } from "./turn-queue.ts";

interface RunSessionBounds {
  readonly maxEntries: number;
  /** Of all sessions together, each counted as `runSessionBytes`. */
  readonly maxBytes: number;
  /** A session that is not used for so long is gone. */
  readonly idleTtlMs: number;
  /** A session is gone so long after it began, used or not. */
  readonly maxAgeMs: number;
}

export interface RunSessionsOptions {
  /** As the config has them now. */
  readonly bounds: () => RunSessionBounds;
  /** The queue in which the sessions' turns run, so that none is let go under a run. */
  readonly turns: TurnQueue;
  /** Makes the host's key of a session. */
  readonly keyFor: (agentId: string, name: string) => string;
  /** Has the host let go of a session. Must not fail. */
  readonly release: (agentId: string, hostKey: string) => Promise<void>;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

interface OpenedSession {
  readonly hostKey: string;
  readonly status: "new" | "continued";
}

export interface RunSessions {
  /**
   * The host's session for a key: the one that is there, or a new one. Has to be called in the key's turn.
   * @param key the stable key of a session.
   */
  open(agentId: string, key: string): OpenedSession;
  /** Runs a turn in a session for itself, and lets it go. */
  once<R>(agentId: string, turn: (hostKey: string) => Promise<R>): Promise<R>;
  /** Lets go of what has expired. */
  sweep(): void;
  stats(): SessionStoreStats;
  /** Lets go of all sessions; resolves when the host has. */
  close(): Promise<void>;
}

interface Session {
  readonly agentId: string;
  readonly hostKey: string;
  readonly beganAtMs: number;
}

/** What a session of the host costs in memory with one short turn in it, roughly: 200 of them grew a gateway by 44 MB. */
const runSessionBytes = 256 * 1024;

const never = new AbortController().signal;

export function createRunSessions(options: RunSessionsOptions): RunSessions {
  const { bounds, turns, keyFor, release, now = () => performance.now() } = options;
  /** Sessions that the host is about to let go of. */
  const leaving = new Set<Promise<void>>();
  const letGo = (key: string, { agentId, hostKey }: Session) => {
    const left = turns
      .run(key, never, () => release(agentId, hostKey))
      .finally(() => leaving.delete(left));
    leaving.add(left);
  };
  let known: { readonly bounds: string; readonly sessions: LRUCache<string, Session> } | undefined;

  const sessions = () => {
    const current = bounds();
    const wanted = JSON.stringify(current);
    if (known?.bounds !== wanted) {
      known?.sessions.clear();
      known = { bounds: wanted, sessions: createCache(current, letGo, now) };
    }
    return known.sessions;
  };
  const expired = ({ beganAtMs }: Session) => now() - beganAtMs >= bounds().maxAgeMs;

  return {
    open(agentId, key) {
      const cache = sessions();
      const session = cache.get(key);
      if (session !== undefined && !expired(session)) {
        return { hostKey: session.hostKey, status: "continued" };
      }
      // Of a life of its own, so that nothing of an expired one can be found in it.
      const digest = createHash("sha256").update(key).digest("hex").slice(0, 32);
      const hostKey = keyFor(agentId, `${digest}-${randomUUID()}`);
      cache.delete(key);
      cache.set(key, { agentId, hostKey, beganAtMs: now() });
      return { hostKey, status: "new" };
    },
    async once(agentId, turn) {
      const hostKey = keyFor(agentId, randomUUID());
      try {
        return await turn(hostKey);
      } finally {
        await release(agentId, hostKey);
      }
    },
    sweep() {
      const cache = sessions();
      cache.purgeStale();
      for (const [key, session] of cache.entries()) {
        if (expired(session)) {
          cache.delete(key);
        }
      }
    },
    stats() {
      const { size, calculatedSize } = sessions();
      return { sessions: size, bytes: calculatedSize };
    },
    async close() {
      known?.sessions.clear();
      known = undefined;
      await Promise.all(leaving);
    },
  };
}

function createCache(
  { maxEntries, maxBytes, idleTtlMs }: RunSessionBounds,
  letGo: (key: string, session: Session) => void,
  now: () => number,
): LRUCache<string, Session> {
  return new LRUCache<string, Session>({
    max: maxEntries,
    maxSize: Math.max(maxBytes, runSessionBytes),
    sizeCalculation: () => runSessionBytes,
    ttl: idleTtlMs,
    updateAgeOnGet: true,
    perf: { now },
    ttlResolution: 0,
    dispose: (session, key) => letGo(key, session),
  });
}
