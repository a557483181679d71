/** From what a request names to the agent that serves it and the candidates to try, in order. */
import type { ConfigSource } from "../config/source.ts";
import { type Caller, requireScope } from "../access/caller.ts";
import type { Grant } from "../access/grant.ts";
import { RelayError } from "../errors.ts";
import { agentDirectory, agentForModel, chooseAgent } from "./agent.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "./ports.ts";
import { modelName, type NamedTarget, type Route, type Target } from "./route.ts";
import type { ModelSelector, Selector } from "./selector.ts";

/** A target that a request may be sent to. */
export interface Candidate {
  readonly target: Target;
  /**
   * The way to its provider, with the model's price and window. It is resolved when it is first asked for, because a target that
   * can't be resolved costs the host up to 300 ms, and most requests need the first target only. What comes of that, a route or a
   * failure, holds for the rest of the request: limits, price and attempt speak of the same route.
   * @throws RelayError as `RouteSource.route` does.
   */
  route(): Promise<Route>;
  /**
   * False while the circuit to the target is open. Resolves the route.
   * @throws RelayError as `route` does.
   */
  isHealthy(): Promise<boolean>;
}

interface CandidateSources {
  /** How a target becomes a route. @throws RelayError as `RouteSource.route` does. */
  readonly resolve: (target: Target) => Promise<Route>;
  readonly isHealthy: (route: Route) => boolean;
}

export function createCandidate(
  target: Target,
  { resolve, isHealthy }: CandidateSources,
): Candidate {
  let resolved: Promise<Route> | undefined;
  const route = () => {
    resolved ??= resolve(target);
    return resolved;
  };
  return { target, route, isHealthy: async () => isHealthy(await route()) };
}

/**
 * Puts candidates into the order in which they are tried. A routing strategy is one such function: a candidate has its price,
 * context window and modalities in its route, and its health.
 */
export type CandidateOrder = (
  candidates: readonly Candidate[],
) => readonly Candidate[] | Promise<readonly Candidate[]>;

/** The agent's primary model, then its fallbacks, as the host's config lists them. */
export const configuredOrder: CandidateOrder = (candidates) => candidates;

/** Where agents, their models and the ways to these come from. */
export interface TargetSources extends AgentCatalog, ConfigSource, ModelCatalog, RouteSource {
  readonly order: CandidateOrder;
  /** False while the route's circuit is open. */
  readonly isHealthy: (route: Route) => boolean;
}

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
    const candidates = await grantedCandidates(host, caller.grant, agentId);
    return { agentId, candidates: await host.order(candidates) };
  }
  const target = await directTargetOf(host, caller, selector);
  const candidate = createCandidate(target, { resolve: host.route, isHealthy: host.isHealthy });
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
    `There is no model ${JSON.stringify(raw)} for this key. GET /passthrough/v1/models lists the models that it may use.`,
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
    .map((target) => createCandidate(target, { resolve: host.route, isHealthy: host.isHealthy }));
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
