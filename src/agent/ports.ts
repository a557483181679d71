/** Ports: what agent turns need from the gateway. */
import type { AgentRun, AgentRunResult, RunImage } from "./run.ts";

/** A setting under `plugins.entries.passthrough.hooks`, and the value that the plugin needs. */
export interface HookPermission {
  readonly key: string;
  readonly value: boolean;
}

export interface AgentRunner {
  /** @throws RelayError `agent_failed`, `agent_upstream_failed`, `hook_unavailable`, or the signal's reason. */
  runAgent(run: AgentRun): Promise<AgentRunResult>;
}

export interface HookPermissions {
  /** Settings whose current value keeps the host from running the plugin's hooks. */
  missingHookPermissions(): readonly HookPermission[];
}

/** Features that an agent run may need and that some supported OpenClaw versions lack. */
export interface RunCapabilities {
  /** The host can replace its prompt and its tools with those of a light turn. */
  readonly trimmedRuns: boolean;
  /** The host can limit a run to some of its tools, and reports the tools that the run has. */
  readonly toolLimits: boolean;
}

export interface HostAbilities {
  capabilities(): RunCapabilities;
}

export interface ImageLoader {
  /**
   * Loads the images of an agent turn, within the host's limits.
   * @param urls `data:` URLs; other URLs only if the gateway's operator allows them.
   * @throws RelayError `invalid_body`, or the signal's reason.
   */
  loadImages(urls: readonly string[], signal: AbortSignal): Promise<readonly RunImage[]>;
}

export interface MemorySessions {
  /** Deletes a session in memory. @returns false if there was none. */
  deleteMemorySession(agentId: string, sessionKey: string): Promise<boolean>;
}
