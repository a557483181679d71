/** The host's sessions in memory ("incognito"): how they are named, and how they are deleted. */
import { join } from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { normalizeAgentId } from "openclaw/plugin-sdk/routing";
import { deleteDiskSession } from "./disk-sessions.ts";
import { optionalSdk } from "./optional-sdk.ts";

/** The session's own key, on any host. Nothing else is deleted here. */
const ownKey = /^agent:[^:]+:dashboard:incognito-[^:]+$/;

/**
 * The key of a session that the host keeps in memory.
 * @param name unique among the agent's sessions; letters, digits and dashes.
 */
export function memorySessionKey(agentId: string, name: string): string {
  return `agent:${agentId}:dashboard:incognito-${name}`;
}

interface HostState {
  readonly stateFolder: string;
  readonly config: OpenClawConfig;
}

/**
 * Deletes a session in memory; on a host without those, the session on disk that it became.
 * @returns false where there was none.
 * @throws Error for a key of another kind of session, of which nothing is deleted.
 */
export async function deleteMemorySession(
  { stateFolder, config }: HostState,
  agentId: string,
  sessionKey: string,
): Promise<boolean> {
  const { isIncognitoSessionKey } = optionalSdk.routing();
  const { deleteSessionEntry } = optionalSdk.sessionStoreRuntime();
  if (!ownKey.test(sessionKey) || isIncognitoSessionKey?.(sessionKey) === false) {
    throw new Error("only a session in memory is deleted here");
  }
  if (isIncognitoSessionKey === undefined || deleteSessionEntry === undefined) {
    return deleteDiskSession(config, agentId, sessionKey);
  }
  // A name by which the host finds its store in memory, never a file; with any other the host would make one.
  const storePath = join(
    stateFolder,
    "agents",
    normalizeAgentId(agentId),
    "agent",
    "incognito-openclaw-agent.sqlite",
  );
  return deleteSessionEntry({ agentId, sessionKey, storePath });
}
