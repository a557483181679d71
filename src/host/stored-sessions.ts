/** Lists, measures and removes the sessions that the gateway has on disk. */
import { listAgentIds } from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { normalizeAgentId, parseAgentSessionKey } from "openclaw/plugin-sdk/routing";
import {
  listSessionEntries,
  resolveStorePath,
  type SessionEntry,
} from "openclaw/plugin-sdk/session-store-runtime";
import type { StoredSession } from "../prune/one-shot.ts";
import type { StoredSessions } from "../prune/stored-sessions.ts";
import { canCleanUpSessions } from "./capabilities.ts";
import { optionalSdk } from "./optional-sdk.ts";
import { measureSessions } from "./session-bytes.ts";

export function createStoredSessions(current: () => OpenClawConfig): StoredSessions {
  const storeOf = (agentId: string) => ({
    agentId,
    storePath: resolveStorePath(current().session?.store, { agentId }),
  });
  return {
    agentIds: () => listAgentIds(current()),
    list: (agentId) =>
      listSessionEntries({ ...storeOf(agentId), readOnly: true })
        // Agents may share one store (`session.store`).
        .filter(({ sessionKey }) => belongsTo(agentId, sessionKey))
        .map(({ sessionKey, entry }) => describe(sessionKey, entry)),
    bytes(agentId, sessionKeys) {
      const { resolveSessionStoreBackupPaths } = optionalSdk.sessionStoreRuntime();
      const database = resolveSessionStoreBackupPaths?.(storeOf(agentId)).find((path) =>
        path.endsWith(".sqlite"),
      );
      return database === undefined ? undefined : measureSessions(database, sessionKeys);
    },
    async remove({ agentId, keyPrefix, unusedSinceMs }) {
      const { cleanupSessionLifecycleArtifacts } = optionalSdk.sessionStoreRuntime();
      if (cleanupSessionLifecycleArtifacts === undefined || !canCleanUpSessions()) {
        throw new Error(
          "This gateway's OpenClaw cannot remove sessions with their transcripts (capability sessionCleanup). " +
            "Nothing was removed. Update OpenClaw to 2026.8.2 or newer.",
        );
      }
      await cleanupSessionLifecycleArtifacts({
        ...storeOf(agentId),
        sessionKeySegmentPrefix: keyPrefix,
        // The host removes sessions last used at least 1 ms before `nowMs`, so those used at `unusedSinceMs` stay.
        nowMs: unusedSinceMs,
        orphanTranscriptMinAgeMs: 1,
        // The host also removes orphaned transcripts that contain this marker. A random one matches none.
        transcriptContentMarker: crypto.randomUUID(),
        archiveRemovedEntryTranscripts: false,
      });
    },
  };
}

function belongsTo(agentId: string, sessionKey: string): boolean {
  const owner = parseAgentSessionKey(sessionKey)?.agentId;
  return owner !== undefined && normalizeAgentId(owner) === normalizeAgentId(agentId);
}

/** Last use and protection follow the host's own maintenance (`store-maintenance`, openclaw 2026.9.6). */
function describe(key: string, entry: SessionEntry): StoredSession {
  return {
    key,
    lastUsedAtMs: Math.max(
      entry.updatedAt,
      entry.lastActivityAt ?? 0,
      entry.lastInteractionAt ?? 0,
      entry.sessionStartedAt ?? 0,
    ),
    running: entry.status === "running",
    pinned: entry.pinnedAt !== undefined,
    named: entry.label !== undefined || entry.displayName !== undefined,
    held:
      archivedByHand(entry) ||
      entry.modelSelectionLocked === true ||
      entry.delivery?.kind === "external",
  };
}

/**
 * Whether a person archived the session. The host also archives sessions by itself, because of their age or number, and
 * then keeps them for ever. An archive without a reason predates reasons; like the host, this takes it for a person's.
 */
function archivedByHand({ archivedAt, archiveReason }: SessionEntry): boolean {
  const byItself = archiveReason === "age-retention" || archiveReason === "active-session-cap";
  return archivedAt !== undefined && !byItself;
}
