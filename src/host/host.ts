/** What the relay needs of the gateway that it lives in. `createHost` gives it; tests give their own. */
import type { AgentRun, AgentRunResult, RunImage } from "../agent/run.ts";
import type { HeaderFields } from "../chat/header-fields.ts";
import type { RelayConfig } from "../config/schema.ts";
import type { Caller } from "../keys/caller.ts";
import type { DirectModel, NamedTarget, Route, Target } from "../routing/route.ts";

/** A request, as far as it says where it comes from. */
export interface AddressedRequest {
  readonly headers: HeaderFields;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export interface HostAgents {
  /** Ids in the order of the host's config. */
  readonly ids: readonly string[];
  /** The default agent; undefined where several are configured. */
  readonly hostDefault: string | undefined;
}

/** By the name of its key in `gateway.http.endpoints`. Each of them takes `/v1/models` and `/v1/embeddings` as well. */
export type CoreEndpoint = "chatCompletions" | "responses";

/** A setting below `plugins.entries.passthrough.hooks`, and the value that it would have to have. */
export interface HookPermission {
  readonly key: string;
  readonly value: boolean;
}

/** A key, and where it is from. */
export interface ProviderKey {
  /** The auth profile's id, or `config` for a key of the config or the environment. */
  readonly source: string;
  /** Undefined where the provider wants none. */
  readonly value: string | undefined;
}

export interface Host {
  /** The plugin's config as it is now. */
  config(): Readonly<RelayConfig>;
  agents(): HostAgents;
  /** The operator who is calling, as the gateway has established. Must be called before the first `await` of a request's handler. */
  caller(): Caller;
  /** The address that a request comes from, by the gateway's own rule for proxies (`gateway.trustedProxies`). */
  clientAddress(request: AddressedRequest): string;
  /** The folder in which the host keeps its state. */
  stateFolder(): string;
  /** The agent's primary model, then its fallbacks by the host's own rule. */
  agentTargets(agentId: string): readonly Target[];
  /**
   * What a directly named model means by the aliases and the catalog alone: for names that somebody may have made up.
   * @param acceptsBareId as below.
   * @throws RelayError `model_not_found`.
   */
  lookUpModel(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /**
   * The target that a directly named model means, after aliases and the `agents.defaults.models` allowlist. Whether the
   * model exists is for `route` to find out.
   * @param acceptsBareId whether a name that is neither `provider/model` nor an alias is a model of the default provider.
   * @throws RelayError `model_not_found` or `model_not_allowed`.
   */
  directTarget(agentId: string, raw: string, acceptsBareId: boolean): Promise<NamedTarget>;
  /** The folder of an agent's workspace. */
  workspace(agentId: string): string;
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
  /**
   * The key to call a route's provider with, at most a few seconds old.
   * @throws RelayError `provider_not_configured`.
   */
  key(route: Route): Promise<ProviderKey>;
  /** The next key in the order of the provider's auth profiles; undefined where all were tried. */
  nextKey(route: Route, tried: ReadonlySet<string>): Promise<ProviderKey | undefined>;
  /** The models that `directTarget` accepts and the relay can reach. */
  directModels(agentId: string): Promise<readonly DirectModel[]>;
  /**
   * Reads the images of an agent's turn, within the host's limits.
   * @param urls `data:` URLs, or others where the gateway's operator allows them.
   * @throws RelayError `invalid_body`, or the signal's reason.
   */
  loadImages(urls: readonly string[], signal: AbortSignal): Promise<readonly RunImage[]>;
  /** @throws RelayError `agent_failed`, `agent_upstream_failed`, `hook_unavailable`, or the signal's reason. */
  runAgent(run: AgentRun): Promise<AgentRunResult>;
  /**
   * The host's key of a session in memory.
   * @param name unique among the agent's sessions; letters, digits and dashes.
   */
  memorySessionKey(agentId: string, name: string): string;
  /** Lets a session in memory go. @returns false where there was none. */
  deleteMemorySession(agentId: string, sessionKey: string): Promise<boolean>;
  /** Those of core's own endpoints that are on and answer requests in front of the plugin's routes. */
  coreEndpoints(): readonly CoreEndpoint[];
  /** The ids of all providers that the config or the catalog has. */
  providers(): Promise<ReadonlySet<string>>;
  /** Settings below `plugins.entries.passthrough.hooks` that would have to be another way for the plugin's prompt hooks. */
  missingHookPermissions(): readonly HookPermission[];
  /** The port that the gateway listens on. */
  gatewayPort(): number;
  /** Stops listening to the host. */
  close(): void;
}
