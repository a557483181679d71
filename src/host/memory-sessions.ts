/** The host's sessions in memory ("incognito"): how they are named, and how they are let go. */
import { join } from "node:path";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { isIncognitoSessionKey, normalizeAgentId } from "openclaw/plugin-sdk/routing";
import { deleteSessionEntry } from "openclaw/plugin-sdk/session-store-runtime";

/**
 * The key of a session that the host keeps in memory.
 * @param name unique among the agent's sessions; letters, digits and dashes.
 */
export function memorySessionKey(agentId: string, name: string): string {
  return `agent:${agentId}:dashboard:incognito-${name}`;
}

/**
 * Lets a session in memory go.
 * @returns false where there was none.
 * @throws Error for a key of another kind of session, of which nothing is deleted.
 */
export async function deleteMemorySession(
  state: Pick<OpenClawPluginApi["runtime"]["state"], "resolveStateDir">,
  agentId: string,
  sessionKey: string,
): Promise<boolean> {
  if (!isIncognitoSessionKey(sessionKey)) {
    throw new Error("only a session in memory is deleted here");
  }
  // A name by which the host finds its store in memory, never a file; with any other the host would make one.
  const storePath = join(
    state.resolveStateDir(),
    "agents",
    normalizeAgentId(agentId),
    "agent",
    "incognito-openclaw-agent.sqlite",
  );
  return deleteSessionEntry({ agentId, sessionKey, storePath });
}
