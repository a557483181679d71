/** The host's sessions in memory that agent runs use: one for each key, let go when it expires. */
import { createHash, randomUUID } from "node:crypto";
import { createExpiringCache, type SessionBounds } from "../sessions/expiring-cache.ts";
import { perBounds } from "../sessions/per-bounds.ts";
import { ownerOf } from "../sessions/session-key.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { TurnQueue } from "../sessions/turn-queue.ts";

export interface RunSessionsOptions {
  /** As the config has them now. */
  readonly bounds: () => SessionBounds;
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
}

/** What a session of the host costs in memory with one short turn in it, roughly: 200 of them grew a gateway by 44 MB. */
const runSessionBytes = 256 * 1024;

const never = new AbortController().signal;

export function createRunSessions(options: RunSessionsOptions): RunSessions {
  const { bounds, turns, keyFor, release, now = () => performance.now() } = options;
  /** Sessions that the host is about to let go of. */
  const leaving = new Set<Promise<void>>();
  const letGo = ({ agentId, hostKey }: Session, key: string) => {
    const left = turns
      .run(key, never, () => release(agentId, hostKey))
      .finally(() => leaving.delete(left));
    leaving.add(left);
  };
  const sessions = perBounds(
    bounds,
    (current) =>
      createExpiringCache<Session>({
        bounds: { ...current, maxBytes: Math.max(current.maxBytes, runSessionBytes) },
        bytesOf: () => runSessionBytes,
        ownerOf,
        onGone: letGo,
        now,
      }),
    (cache) => cache.clear(),
  );

  return {
    open(agentId, key) {
      const cache = sessions();
      const session = cache.get(key);
      if (session !== undefined) {
        return { hostKey: session.hostKey, status: "continued" };
      }
      // Of a life of its own, so that nothing of an expired one can be found in it.
      const digest = createHash("sha256").update(key).digest("hex").slice(0, 32);
      const hostKey = keyFor(agentId, `${digest}-${randomUUID()}`);
      cache.set(key, { agentId, hostKey });
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
    sweep: () => sessions().sweep(),
    stats: () => sessions().stats(),
    async close() {
      sessions().clear();
      await Promise.all(leaving);
    },
  };
}
