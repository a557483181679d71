/** Determines the agent that serves a request, and the candidates to try, in order. */
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
   * Resolves the route to the provider, with the model's price and context window. Lazy, because most requests need only
   * the first target, and an unresolvable one costs the host up to 300 ms. The result, a route or a failure, is kept for
   * the rest of the request, so limits, price and attempt use the same route.
   * @throws RelayError as `RouteSource.route` does.
   */
  route(): Promise<Route>;
  /**
   * False while the circuit to the target is open. Resolves the route.
   * @throws RelayError as `route` does.
   */
  isHealthy(): Promise<boolean>;
}

/** @param sources resolve the target's route and know its health. */
export function createCandidate(
  target: Target,
  sources: Pick<TargetSources, "route" | "isHealthy">,
): Candidate {
  let resolved: Promise<Route> | undefined;
  const route = () => {
    resolved ??= sources.route(target);
    return resolved;
  };
  return { target, route, isHealthy: async () => sources.isHealthy(await route()) };
}

/**
 * A routing strategy: puts candidates into the order in which they are tried. It can use a candidate's health, and the
 * price, context window and modalities of its route.
 */
export type CandidateOrder = (
  candidates: readonly Candidate[],
) => readonly Candidate[] | Promise<readonly Candidate[]>;

/** The agent's primary model, then its fallbacks, as the host's config lists them. */
export const configuredOrder: CandidateOrder = (candidates) => candidates;

/** The sources of agents, models, routes and their order. */
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
 * Returns the candidates of a request: its agent's models, or the one model that it names.
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
  const candidate = createCandidate(target, host);
  // Resolve now: an unknown model is the client's error and must not count as an attempt.
  await candidate.route();
  return { agentId: target.agentId, candidates: [candidate] };
}

/**
 * Returns the target of a request that names a model.
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
 * Refuses models that a key does not allow with the error for unknown models: its holder must not learn which models exist.
 * A name must also be in the host's catalog or be listed in full by the key: for each unknown name that the host is asked
 * for, it allocates memory permanently.
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
  throw unknownModel(selector);
}

function unknownModel({ raw, param }: ModelSelector): RelayError {
  return new RelayError(
    "model_not_found",
    `There is no model ${JSON.stringify(raw)} for this key. GET /passthrough/v1/models lists the models that it may use.`,
    { param },
  );
}

/**
 * Returns the agent's models that a key allows.
 * @throws RelayError `model_not_allowed` if the key allows none of them.
 */
async function grantedCandidates(
  host: TargetSources,
  grant: Grant | undefined,
  agentId: string,
): Promise<readonly Candidate[]> {
  const candidates = host.agentTargets(agentId).map((target) => createCandidate(target, host));
  if (grant === undefined || !grant.limitsModels) {
    return candidates;
  }
  const granted: Candidate[] = [];
  for (const candidate of candidates) {
    // Skip unresolvable models: without a route their names are unknown.
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
