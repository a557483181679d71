/** What an agent's turn asks the gateway. */
import type { AgentRun, AgentRunResult, RunImage } from "./run.ts";

/** A setting below `plugins.entries.passthrough.hooks`, and the value that it would have to have. */
export interface HookPermission {
  readonly key: string;
  readonly value: boolean;
}

export interface AgentRunner {
  /** @throws RelayError `agent_failed`, `agent_upstream_failed`, `hook_unavailable`, or the signal's reason. */
  runAgent(run: AgentRun): Promise<AgentRunResult>;
}

export interface HookPermissions {
  /** Settings that would have to be another way for the plugin's prompt hooks. */
  missingHookPermissions(): readonly HookPermission[];
}

export interface ImageLoader {
  /**
   * Reads the images of an agent's turn, within the host's limits.
   * @param urls `data:` URLs, or others where the gateway's operator allows them.
   * @throws RelayError `invalid_body`, or the signal's reason.
   */
  loadImages(urls: readonly string[], signal: AbortSignal): Promise<readonly RunImage[]>;
}

export interface MemorySessions {
  /**
   * The host's key of a session in memory.
   * @param name unique among the agent's sessions; letters, digits and dashes.
   */
  memorySessionKey(agentId: string, name: string): string;
  /** Deletes a session in memory. @returns false where there was none. */
  deleteMemorySession(agentId: string, sessionKey: string): Promise<boolean>;
}
