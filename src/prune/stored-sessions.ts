/** What the pruning of sessions asks the gateway's stores. */
import type { StoredSession } from "./one-shot.ts";

export interface StoredSessions {
  /** The agents of the config. */
  agentIds(): readonly string[];
  /** All sessions of an agent; none where it has no store yet. Writes nothing. */
  list(agentId: string): readonly StoredSession[];
  /**
   * Bytes of an agent's sessions, by their keys; undefined where they can't be told. Writes nothing.
   * @param sessionKeys as `list` gave them: without a session there may be no store.
   */
  bytes(agentId: string, sessionKeys: readonly string[]): ReadonlyMap<string, number> | undefined;
  /**
   * Removes sessions with their transcripts and trajectories, all of them in one transaction. One that was used at
   * `unusedSinceMs` or later stays.
   * @throws Error, with nothing removed, when the host finds a run in flight in one of them, or that one has changed
   * since it began.
   */
  remove(sessions: SessionsToRemove): Promise<void>;
}

interface SessionsToRemove {
  readonly agentId: string;
  /** What their keys begin with behind `agent:<id>:`. */
  readonly keyPrefix: string;
  /** In milliseconds since the epoch. */
  readonly unusedSinceMs: number;
}
