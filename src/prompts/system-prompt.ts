/** Builds an agent's system prompt for light mode: its personality, without tools or instructions of the host. */
import type { RelayConfig } from "../config/schema.ts";
import { unavailable, type WorkspaceFiles } from "./workspace-files.ts";

export interface WorkspaceSource {
  /** The folder of an agent's workspace. */
  workspace(agentId: string): string;
}

/**
 * Returns the prompt that the config sets for the agent, or else the contents of `light.files` in its workspace.
 * @returns undefined if there is neither.
 * @throws RelayError `prompt_unavailable`.
 */
export async function systemPrompt(
  files: WorkspaceFiles,
  config: Pick<RelayConfig, "agents" | "light">,
  agent: { readonly id: string; readonly workspace: string },
): Promise<string | undefined> {
  const named = config.agents[agent.id]?.http?.systemPrompt;
  if (typeof named === "string") {
    return named;
  }
  if (named !== undefined) {
    const text = await files.read(agent.workspace, named.file);
    if (text === undefined) {
      throw unavailable(named.file, "is not in the agent's workspace");
    }
    return text;
  }
  const texts = await Promise.all(
    config.light.files.map((file) => files.read(agent.workspace, file)),
  );
  return texts.filter((text) => text !== undefined && text !== "").join("\n\n") || undefined;
}
