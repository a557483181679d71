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

/** What an agent run may need of the gateway that not all supported versions of OpenClaw can do. */
export interface RunCapabilities {
  /** A light turn that is an agent run has its own prompt and its own tools, and no others. */
  readonly trimmedRuns: boolean;
  /** A run can be limited to some of the host's tools, and the host tells which tools it has. */
  readonly toolLimits: boolean;
}

export interface HostAbilities {
  capabilities(): RunCapabilities;
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
