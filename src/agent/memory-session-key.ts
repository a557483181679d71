/** Names the sessions that the host keeps in memory ("incognito"). */

/**
 * Returns the key of a session that the host keeps in memory. The host decides by the key's form (openclaw 2026.9.6).
 * @param name unique among the agent's sessions; letters, digits and dashes.
 */
export function memorySessionKey(agentId: string, name: string): string {
  return `agent:${agentId}:dashboard:incognito-${name}`;
}

/** Whether `memorySessionKey` made this key. */
export function isMemorySessionKey(sessionKey: string): boolean {
  return /^agent:[^:]+:dashboard:incognito-[^:]+$/.test(sessionKey);
}
