/** Chooses the agent that serves a request. */
import type { Grant } from "../access/grant.ts";
import type { ConfigSource } from "../config/source.ts";
import { RelayError } from "../errors.ts";
import type { AgentCatalog } from "./ports.ts";
import type { AgentSelector } from "./selector.ts";

/** The agents to choose from. */
export interface AgentDirectory {
  /** Ids in the order of the host's config. */
  readonly ids: readonly string[];
  /** The host's default agent; undefined if several agents are configured and none is the default. */
  readonly hostDefault: string | undefined;
  /** `defaultAgent` of the plugin's config. */
  readonly configuredDefault: string | undefined;
}

/** The agents that a caller may use. If a virtual key allows only one, that is its default. */
export function agentDirectory(
  host: AgentCatalog & ConfigSource,
  grant: Grant | undefined,
): AgentDirectory {
  const { ids, hostDefault } = host.agents();
  const configuredDefault = host.config().defaultAgent;
  if (grant === undefined) {
    return { ids, hostDefault, configuredDefault };
  }
  const visible = ids.filter((id) => grant.mayUseAgent(id));
  const ifVisible = (id: string | undefined) =>
    visible.find((other) => other === id?.toLowerCase());
  return {
    ids: visible,
    configuredDefault: ifVisible(configuredDefault),
    hostDefault: ifVisible(hostDefault) ?? (visible.length === 1 ? visible[0] : undefined),
  };
}

/**
 * Returns the agent whose models serve the request.
 * @throws RelayError `model_not_found` for an unknown agent, `agent_required` if none is named and there is no default.
 */
export function chooseAgent(selector: AgentSelector, directory: AgentDirectory): string {
  if (selector.kind === "id") {
    if (!directory.ids.includes(selector.agentId)) {
      throw new RelayError(
        "model_not_found",
        `There is no agent ${JSON.stringify(selector.agentId)}. Configured agents: ${directory.ids.join(", ")}.`,
        { param: selector.param },
      );
    }
    return selector.agentId;
  }
  const chosen = defaultAgent(directory);
  if (chosen === undefined) {
    throw new RelayError(
      "agent_required",
      `This gateway has no default agent. Use \`openclaw/<agent>\` (agents: ${directory.ids.join(", ")}), ` +
        "or ask the gateway's operator to set plugins.entries.passthrough.config.defaultAgent.",
      { param: "model" },
    );
  }
  return chosen;
}

/** The agent for requests that name none; undefined if there is no default. */
export function defaultAgent(directory: AgentDirectory): string | undefined {
  const chosen = directory.configuredDefault?.toLowerCase() ?? directory.hostDefault;
  return chosen !== undefined && directory.ids.includes(chosen) ? chosen : undefined;
}

/**
 * Returns the agent whose auth profiles and allowlist apply to a directly named model. Such a request need not name an
 * agent: without a default, the first agent is used.
 * @throws RelayError `model_not_found` for an unknown agent.
 */
export function agentForModel(selector: AgentSelector, directory: AgentDirectory): string {
  const [first] = directory.ids;
  const chosen = selector.kind === "default" ? (defaultAgent(directory) ?? first) : undefined;
  return chosen ?? chooseAgent(selector, directory);
}
