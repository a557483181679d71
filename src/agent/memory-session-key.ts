/** Names the sessions that the host keeps in memory ("incognito"). */

/**
 * Returns the key of a session that the host keeps in memory. The host decides by the key's form (openclaw 2026.9.6).
 * @param name unique among the agent's sessions; letters, digits and dashes.
 */
export function memorySessionKey(agentId: string, name: string): string {
  return `agent:${agentId}:dashboard:incognito-${name}`;
}

const form = /^agent:([^:]+):dashboard:incognito-[^:]+$/;

/** Whether `memorySessionKey` made this key. */
export function isMemorySessionKey(sessionKey: string): boolean {
  return form.test(sessionKey);
}

/** The agent of a key that `memorySessionKey` made; empty for any other key. */
export function agentOfMemorySession(sessionKey: string): string {
  return form.exec(sessionKey)?.[1] ?? "";
}
