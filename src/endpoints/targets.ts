/** From what a request names to the agent that serves it and the targets to try. */
import type { Caller, Host } from "../host/host.ts";
import { requireScope } from "../routing/access.ts";
import { type AgentDirectory, agentForModel, chooseAgent } from "../routing/agent.ts";
import type { Target } from "../routing/route.ts";
import type { ModelSelector, Selector } from "../routing/selector.ts";

export interface ChosenTargets {
  readonly agentId: string;
  /** At least one, best first. */
  readonly targets: readonly Target[];
}

/**
 * An agent's models, or the one model that is named.
 * @throws RelayError `model_not_found`, `agent_required`, `missing_scope` or `model_not_allowed`.
 */
export async function targetsOf(
  host: Host,
  caller: Caller,
  selector: Selector,
): Promise<ChosenTargets> {
  if (selector.kind === "agent") {
    const agentId = chooseAgent(selector.agent, agentDirectory(host));
    return { agentId, targets: host.agentTargets(agentId) };
  }
  const target = await directTargetOf(host, caller, selector);
  // A model that does not exist is the client's mistake, and no attempt.
  await host.route(target);
  return { agentId: target.agentId, targets: [target] };
}

/**
 * The target of a request that names a model.
 * @throws RelayError as `targetsOf` does.
 */
export async function directTargetOf(
  host: Host,
  caller: Caller,
  selector: ModelSelector,
): Promise<Target> {
  requireScope(caller.scopes, "operator.admin", "Naming a model directly");
  const agentId = agentForModel(selector.agent, agentDirectory(host));
  return host.directTarget(agentId, selector.raw, selector.param === "x-openclaw-model");
}

export function agentDirectory(host: Host): AgentDirectory {
  return { ...host.agents(), configuredDefault: host.config().defaultAgent };
}
