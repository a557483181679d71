/** Port: the gateway's session stores, as pruning needs them. */
import type { StoredSession } from "./one-shot.ts";

export interface StoredSessions {
  /** The agents of the config. */
  agentIds(): readonly string[];
  /** All sessions of an agent; empty if it has no store yet. Read-only. */
  list(agentId: string): readonly StoredSession[];
  /**
   * Bytes of an agent's sessions by key; undefined if they cannot be measured. Read-only.
   * @param sessionKeys from `list`, at least one: without any session there may be no store.
   */
  bytes(agentId: string, sessionKeys: readonly string[]): ReadonlyMap<string, number> | undefined;
  /**
   * Removes sessions with their transcripts and trajectories, in one transaction. A session that was used at
   * `unusedSinceMs` or later stays.
   * @throws Error if a run is in flight in one of the sessions, or if one changes meanwhile. Nothing is removed then.
   */
  remove(sessions: SessionsToRemove): Promise<void>;
}

interface SessionsToRemove {
  readonly agentId: string;
  /** Prefix of their keys, without `agent:<id>:`. */
  readonly keyPrefix: string;
  /** In milliseconds since the epoch. */
  readonly unusedSinceMs: number;
}
