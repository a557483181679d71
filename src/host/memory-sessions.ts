/** Deletes the host's sessions in memory ("incognito"). */
import { join } from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { normalizeAgentId } from "openclaw/plugin-sdk/routing";
import { isMemorySessionKey } from "../agent/memory-session-key.ts";
import { deleteDiskSession } from "./disk-sessions.ts";
import { optionalSdk } from "./optional-sdk.ts";

interface HostState {
  readonly stateFolder: string;
  readonly config: OpenClawConfig;
}

/**
 * Deletes a session in memory. A host without such sessions has put it on disk; it is deleted there.
 * @returns false if there was none.
 * @throws Error for any other kind of session; nothing is deleted then.
 */
export async function deleteMemorySession(
  { stateFolder, config }: HostState,
  agentId: string,
  sessionKey: string,
): Promise<boolean> {
  const { isIncognitoSessionKey } = optionalSdk.routing();
  const { deleteSessionEntry } = optionalSdk.sessionStoreRuntime();
  if (!isMemorySessionKey(sessionKey) || isIncognitoSessionKey?.(sessionKey) === false) {
    throw new Error("only a session in memory is deleted here");
  }
  if (isIncognitoSessionKey === undefined || deleteSessionEntry === undefined) {
    return deleteDiskSession(config, agentId, sessionKey);
  }
  // This file never exists: by this name the host finds its store in memory. For any other name it would create a file.
  const storePath = join(
    stateFolder,
    "agents",
    normalizeAgentId(agentId),
    "agent",
    "incognito-openclaw-agent.sqlite",
  );
  return deleteSessionEntry({ agentId, sessionKey, storePath });
}
