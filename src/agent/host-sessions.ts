/** Host sessions in memory for agent runs: one per key, deleted when it expires. */
import { createHash, randomUUID } from "node:crypto";
import { createExpiringCache, type SessionBounds } from "../sessions/expiring-cache.ts";
import { perBounds } from "../sessions/per-bounds.ts";
import { ownerOf } from "../sessions/session-key.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { TurnQueue } from "../sessions/turn-queue.ts";

export interface HostSessionsOptions {
  /** The bounds of the current config. */
  readonly bounds: () => SessionBounds;
  /** The queue of the sessions' turns. Deletions wait in it too, so none happens during a run. */
  readonly turns: TurnQueue;
  /** Makes the host's session key. */
  readonly keyFor: (agentId: string, name: string) => string;
  /** Deletes a session in the host. Must not reject. */
  readonly release: (agentId: string, hostKey: string) => Promise<void>;
  /** The time in milliseconds, from any origin. */
  readonly now?: () => number;
}

interface OpenedSession {
  readonly hostKey: string;
  readonly status: "new" | "continued";
}

export interface HostSessions {
  /**
   * Returns the host session of a key, and opens one if there is none. Must be called in the key's turn.
   * @param key stable key of a session.
   */
  open(agentId: string, key: string): OpenedSession;
  /** Runs a turn in a new session, then deletes that session. */
  once<R>(agentId: string, turn: (hostKey: string) => Promise<R>): Promise<R>;
  /** Deletes expired sessions. */
  sweep(): void;
  stats(): SessionStoreStats;
  /** Deletes all sessions; resolves when the host has done so. */
  close(): Promise<void>;
}

interface Session {
  readonly agentId: string;
  readonly hostKey: string;
}

/** Estimated memory of a host session with one short turn: 200 of them grew a gateway by 44 MB. */
const runSessionBytes = 256 * 1024;

const never = new AbortController().signal;

export function createHostSessions(options: HostSessionsOptions): HostSessions {
  const { bounds, turns, keyFor, release, now = () => performance.now() } = options;
  /** Deletions under way. */
  const deletions = new Set<Promise<void>>();
  const deleteSession = ({ agentId, hostKey }: Session, key: string) => {
    const deletion = turns
      .run(key, never, () => release(agentId, hostKey))
      .finally(() => deletions.delete(deletion));
    deletions.add(deletion);
  };
  const sessions = perBounds(
    bounds,
    (current) =>
      createExpiringCache<Session>({
        bounds: { ...current, maxBytes: Math.max(current.maxBytes, runSessionBytes) },
        bytesOf: () => runSessionBytes,
        ownerOf,
        onGone: deleteSession,
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
      // The random suffix keeps a new session from finding anything of an expired one with the same key.
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
      await Promise.all(deletions);
    },
  };
}
