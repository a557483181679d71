/** The sessions that the gateway has on disk: listed, measured, and removed with all that belongs to them. */
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
        // The host removes what was used this long before `nowMs`: at `unusedSinceMs - 1` or earlier.
        nowMs: unusedSinceMs,
        orphanTranscriptMinAgeMs: 1,
        // It also removes transcripts without a session that have this in them. None has.
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

/** What counts as use, and what keeps a session, is as in the host's own maintenance (`store-maintenance`, 2026.9.6). */
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
 * The host archives what is old or too much by itself, one-shot sessions among it, and keeps it for ever. An archive
 * without a reason is from before there were reasons, and counts as someone's wish, as it does for the host.
 */
function archivedByHand({ archivedAt, archiveReason }: SessionEntry): boolean {
  const byItself = archiveReason === "age-retention" || archiveReason === "active-session-cap";
  return archivedAt !== undefined && !byItself;
}
