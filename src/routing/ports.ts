/** Ports: what routing needs from the gateway. */
import type { DirectModel, NamedTarget, Route, Target } from "./route.ts";

interface ConfiguredAgents {
  /** Ids in the order of the gateway's config. */
  readonly ids: readonly string[];
  /** The default agent; undefined if several are configured and none is the default. */
  readonly hostDefault: string | undefined;
}

export interface AgentCatalog {
  agents(): ConfiguredAgents;
  /** The agent's primary model, then its fallbacks by the host's own rule. */
  agentTargets(agentId: string): readonly Target[];
}

export interface ModelCatalog {
  /**
   * Resolves a directly named model by aliases and catalog only, which is safe for made-up names: the host allocates no
   * memory for them.
   * @param acceptsBareId as below.
   * @throws RelayError `model_not_found`.
   */
  lookUpModel(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /**
   * Resolves a directly named model by aliases and the allowlist `agents.defaults.models`. Does not check that the model
   * exists; `RouteSource.route` does.
   * @param acceptsBareId whether any other name (not `provider/model`, no alias) means a model of the default provider.
   * @throws RelayError `model_not_found` or `model_not_allowed`.
   */
  directTarget(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /** The models that `directTarget` accepts and that have a provider with a key. */
  directModels(agentId: string): Promise<readonly DirectModel[]>;
  /** The ids of all providers in the config and the catalog. */
  providers(): Promise<ReadonlySet<string>>;
}

export interface RouteSource {
  /**
   * Resolves a target's route.
   * @throws RelayError `model_not_found` for an unknown model that the client named, else `provider_not_configured`.
   */
  route(target: Target): Promise<Route>;
  /**
   * Resolves the route to an embedding model. The host's catalog seldom lists those, so another model of the same provider
   * supplies the route.
   * @throws RelayError `unsupported_target`.
   */
  embeddingsRoute(target: Target): Promise<Route>;
}
