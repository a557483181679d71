/** What routing asks the gateway. */
import type { DirectModel, NamedTarget, Route, Target } from "./route.ts";

interface ConfiguredAgents {
  /** Ids in the order of the gateway's config. */
  readonly ids: readonly string[];
  /** The default agent; undefined where several are configured. */
  readonly hostDefault: string | undefined;
}

export interface AgentCatalog {
  agents(): ConfiguredAgents;
  /** The agent's primary model, then its fallbacks by the host's own rule. */
  agentTargets(agentId: string): readonly Target[];
}

export interface ModelCatalog {
  /**
   * What a directly named model means by the aliases and the catalog alone: for names that somebody may have made up.
   * @param acceptsBareId as below.
   * @throws RelayError `model_not_found`.
   */
  lookUpModel(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /**
   * The target that a directly named model means, after aliases and the `agents.defaults.models` allowlist. Whether the
   * model exists is for `RouteSource.route` to find out.
   * @param acceptsBareId whether a name that is neither `provider/model` nor an alias is a model of the default provider.
   * @throws RelayError `model_not_found` or `model_not_allowed`.
   */
  directTarget(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /** The models that `directTarget` accepts and the relay can reach. */
  directModels(agentId: string): Promise<readonly DirectModel[]>;
  /** The ids of all providers that the config or the catalog has. */
  providers(): Promise<ReadonlySet<string>>;
}

export interface RouteSource {
  /**
   * The way to a target's provider.
   * @throws RelayError `model_not_found` where the client named the model, else `provider_not_configured`.
   */
  route(target: Target): Promise<Route>;
  /**
   * The way to an embedding model, which the host's catalog seldom has: through another model of its provider.
   * @throws RelayError `unsupported_target`.
   */
  embeddingsRoute(target: Target): Promise<Route>;
}
