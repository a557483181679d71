/** The gateway's agents and their models. */
import {
  listAgentIds,
  resolveAgentConfig,
  resolveDefaultAgentId,
} from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { Target } from "../routing/route.ts";
import type { AgentCatalog } from "../routing/ports.ts";

export function readAgents(config: OpenClawConfig): ReturnType<AgentCatalog["agents"]> {
  return { ids: listAgentIds(config), hostDefault: hostDefault(config) };
}

/** Undefined if several agents are configured and none is the default; the host throws then. */
function hostDefault(config: OpenClawConfig): string | undefined {
  try {
    return resolveDefaultAgentId(config);
  } catch {
    return undefined;
  }
}

/** The agent's primary model (`modelRef` undefined), then its fallbacks. */
export function readTargets(config: OpenClawConfig, agentId: string): readonly Target[] {
  const fallbacks = fallbackRefs(
    resolveAgentConfig(config, agentId)?.model,
    config.agents?.defaults?.model,
  );
  return [undefined, ...fallbacks].map((modelRef) => ({ agentId, modelRef, namedBy: "agent" }));
}

type ModelSetting =
  | string
  | {
      readonly primary?: string | undefined;
      readonly fallbacks?: readonly string[] | undefined;
    };

/**
 * The fallbacks of an agent. The host does not export its rule (`resolveAgentModelFallbacksOverride` in openclaw
 * 2026.9.6): an agent that names a model without fallbacks has none; an agent without a model has the defaults'.
 */
export function fallbackRefs(
  ofAgent: ModelSetting | undefined,
  ofDefaults: ModelSetting | undefined,
): readonly string[] {
  return (
    ownFallbacks(ofAgent) ?? (typeof ofDefaults === "object" ? (ofDefaults.fallbacks ?? []) : [])
  );
}

function ownFallbacks(setting: ModelSetting | undefined): readonly string[] | undefined {
  if (typeof setting === "object") {
    return setting.fallbacks ?? (setting.primary?.trim() ? [] : undefined);
  }
  return setting?.trim() ? [] : undefined;
}
