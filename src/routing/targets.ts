/** From what a request names to the agent that serves it and the candidates to try. */
import { RelayError } from "../errors.ts";
import type { ConfigSource } from "../config/source.ts";
import type { Caller } from "../access/caller.ts";
import type { Grant } from "../access/grant.ts";
import { requireScope } from "../access/scopes.ts";
import { type AgentDirectory, agentForModel, chooseAgent } from "./agent.ts";
import { type Candidate, createCandidate } from "./candidates.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "./ports.ts";
import { modelName, type NamedTarget } from "./route.ts";
import type { ModelSelector, Selector } from "./selector.ts";

/** Where agents, their models and the ways to these come from. */
export type TargetSources = AgentCatalog & ConfigSource & ModelCatalog & RouteSource;

export interface ChosenCandidates {
  readonly agentId: string;
  /** At least one, best first. */
  readonly candidates: readonly Candidate[];
}

/**
 * An agent's models, or the one model that is named.
 * @throws RelayError `model_not_found`, `agent_required`, `missing_scope` or `model_not_allowed`.
 */
export async function candidatesOf(
  host: TargetSources,
  caller: Caller,
  selector: Selector,
): Promise<ChosenCandidates> {
  if (selector.kind === "agent") {
    const agentId = chooseAgent(selector.agent, agentDirectory(host, caller.grant));
    return { agentId, candidates: await grantedCandidates(host, caller.grant, agentId) };
  }
  const target = await directTargetOf(host, caller, selector);
  const candidate = createCandidate(target, host.route);
  // A model that does not exist is the client's mistake, and no attempt.
  await candidate.route();
  return { agentId: target.agentId, candidates: [candidate] };
}

/**
 * The target of a request that names a model.
 * @throws RelayError as `candidatesOf` does.
 */
export async function directTargetOf(
  host: TargetSources,
  caller: Caller,
  selector: ModelSelector,
): Promise<NamedTarget> {
  const { grant } = caller;
  if (grant === undefined) {
    requireScope(caller.scopes, "operator.admin", "Naming a model directly");
  }
  const agentId = agentForModel(selector.agent, agentDirectory(host, grant));
  const acceptsBareId = selector.param === "x-openclaw-model";
  if (grant !== undefined) {
    await assertVisible(host.lookUpModel(agentId, selector.raw, acceptsBareId), grant, selector);
  }
  const named = host.directTarget(agentId, selector.raw, acceptsBareId);
  return grant === undefined ? named : assertVisible(named, grant, selector);
}

/**
 * A key's holder is not told whether there is a model that the key does not allow. Nor may the holder make names up: the host
 * keeps a lot for each that it is asked for and does not have. So a name has to be in the host's catalog, or spelled out by the
 * key.
 */
async function assertVisible(
  named: Promise<NamedTarget>,
  grant: Grant,
  selector: ModelSelector,
): Promise<NamedTarget> {
  const target = await named.catch(() => undefined);
  if (
    target !== undefined &&
    grant.mayNameModel(target.modelRef) &&
    (target.isListed || grant.spellsOut(target.modelRef))
  ) {
    return target;
  }
  throw unseen(selector);
}

function unseen({ raw, param }: ModelSelector): RelayError {
  return new RelayError(
    "model_not_found",
    `There is no model ${JSON.stringify(raw)} for this key. GET /passthrough/v1/models lists those that it may use.`,
    { param },
  );
}

/**
 * Those of the agent's models that a key allows.
 * @throws RelayError `model_not_allowed` where it allows none.
 */
async function grantedCandidates(
  host: TargetSources,
  grant: Grant | undefined,
  agentId: string,
): Promise<readonly Candidate[]> {
  const candidates = host
    .agentTargets(agentId)
    .map((target) => createCandidate(target, host.route));
  if (grant === undefined || !grant.limitsModels) {
    return candidates;
  }
  const granted: Candidate[] = [];
  for (const candidate of candidates) {
    // One that can't be resolved is not known to be allowed.
    const route = await candidate.route().catch(() => undefined);
    if (route !== undefined && grant.mayUseModel(modelName(route))) {
      granted.push(candidate);
    }
  }
  if (granted.length === 0) {
    throw new RelayError(
      "model_not_allowed",
      `This key allows none of the models of agent ${JSON.stringify(agentId)}. GET /passthrough/v1/models lists what it may use.`,
      { param: "model" },
    );
  }
  return granted;
}

/** The agents that a caller can see; where a key has only one, that is its default. */
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
