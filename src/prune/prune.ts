/** Removes one-shot sessions from the stores of all agents, or reports what it would remove. */
import type { StoredSessions } from "./stored-sessions.ts";
import { batchKeys } from "./key-batches.ts";
import { findOneShots, keyBeginnings, type OneShot, oneShotKinds } from "./one-shot.ts";
import type { PruneReport, PruneRequest } from "./contract.ts";
import { createPruneTally } from "./tally.ts";

/** Sessions per write. Bounds how long one write occupies the host's store. */
const maxBatchSessions = 200;

/**
 * A prune fails after more consecutive refusals than this. Single sessions may be busy, but this many mean that the store
 * cannot be written.
 */
const maxRefusalsInARow = 20;

/**
 * @param signal stops the prune after the current write; the report then covers what was done.
 * @throws Error if the store cannot be written.
 */
export type Prune = (request: PruneRequest, signal?: AbortSignal) => Promise<PruneReport>;

export interface PruneParts {
  readonly stored: StoredSessions;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Prunes run one at a time, so that none counts sessions that another one removes. */
export function createPrune({ stored, now = Date.now }: PruneParts): Prune {
  let last: Promise<unknown> = Promise.resolve();
  return (request, signal) => {
    const turn = last.then(() => pruneAll(stored, request, { nowMs: now(), signal }));
    last = turn.catch(() => undefined);
    return turn;
  };
}

interface Turn {
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

async function pruneAll(
  stored: StoredSessions,
  request: PruneRequest,
  turn: Turn,
): Promise<PruneReport> {
  const tally = createPruneTally(request, turn.nowMs);
  for (const agentId of stored.agentIds()) {
    const sessions = stored.list(agentId);
    const oneShots = findOneShots(sessions, request.ttlsMs, turn.nowMs);
    const going = oneShots.filter((oneShot) => oneShot.keptFor === undefined);
    for (const oneShot of oneShots) {
      if (oneShot.keptFor !== undefined) {
        tally.keep(oneShot, oneShot.keptFor);
      }
    }
    if (going.length === 0) {
      continue;
    }
    const goingKeys = new Set(going.map(({ session }) => session.key));
    const bytes = stored.bytes(agentId, [...goingKeys]);
    if (request.dryRun) {
      for (const oneShot of going) {
        tally.remove(oneShot, bytes?.get(oneShot.session.key));
      }
      continue;
    }
    const stayingKeys = sessions.map(({ key }) => key).filter((key) => !goingKeys.has(key));
    const refused = await removeFrom({
      stored,
      agentId,
      going,
      stayingKeys,
      ttlsMs: request.ttlsMs,
      ...turn,
    });
    // Read the store again: the host may have removed only some of the sessions.
    const remaining = new Set(stored.list(agentId).map(({ key }) => key));
    for (const oneShot of going) {
      const { key } = oneShot.session;
      if (!remaining.has(key)) {
        tally.remove(oneShot, bytes?.get(key));
      } else if (refused.has(key)) {
        tally.keep(oneShot, "refused", refused.get(key));
      } else {
        tally.keep(oneShot, "changed");
      }
    }
  }
  return tally.report();
}

interface Removal extends Turn {
  readonly stored: StoredSessions;
  readonly agentId: string;
  readonly going: readonly OneShot[];
  readonly stayingKeys: readonly string[];
  readonly ttlsMs: PruneRequest["ttlsMs"];
}

/**
 * Removes sessions batch by batch. If the host refuses a batch, its sessions are tried one by one.
 * @returns the host's message for each session that it refused to remove, by key.
 */
async function removeFrom(removal: Removal): Promise<ReadonlyMap<string, string>> {
  const { stored, agentId, going, nowMs, ttlsMs, signal } = removal;
  const refused = new Map<string, string>();
  let refusalsInARow = 0;
  const remove = async (keyPrefix: string, unusedSinceMs: number): Promise<string | undefined> => {
    try {
      await stored.remove({ agentId, keyPrefix, unusedSinceMs });
      refusalsInARow = 0;
      return undefined;
    } catch (error) {
      refusalsInARow += 1;
      if (refusalsInARow > maxRefusalsInARow) {
        throw error;
      }
      return error instanceof Error ? error.message : String(error);
    }
  };
  const staying = removal.stayingKeys.map(withoutAgent);
  for (const kind of oneShotKinds) {
    const keys = new Map(
      going
        .filter((oneShot) => oneShot.kind === kind)
        .map(({ session }) => [withoutAgent(session.key), session.key]),
    );
    const unusedSinceMs = nowMs - (ttlsMs[kind] ?? Number.POSITIVE_INFINITY);
    const batches = batchKeys({
      going: [...keys.keys()],
      beginning: keyBeginnings[kind],
      staying,
      maxKeys: maxBatchSessions,
    });
    for (const batch of batches) {
      if (signal?.aborted === true) {
        return refused;
      }
      if ((await remove(batch.prefix, unusedSinceMs)) === undefined) {
        continue;
      }
      for (const key of batch.keys) {
        const refusal = await remove(key, unusedSinceMs);
        if (refusal !== undefined) {
          refused.set(keys.get(key) ?? key, refusal);
        }
      }
    }
  }
  return refused;
}

/** A session key without its `agent:<id>:`. */
function withoutAgent(sessionKey: string): string {
  return sessionKey.split(":").slice(2).join(":");
}
