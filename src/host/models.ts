/** Resolves directly named models by the host's aliases, allowlist and catalog. */
import {
  buildModelAliasIndex,
  loadModelCatalog,
  resolveAgentDir,
  resolveApiKeyForProvider,
  resolveModelRefFromString,
} from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { DirectModel, NamedTarget } from "../routing/route.ts";
import { toModelCost } from "./provider-route.ts";

type Catalog = Awaited<ReturnType<typeof loadModelCatalog>>;

/**
 * Loads the host's catalog for an agent: models of configured providers, and of providers that the host has a key for.
 * @throws RelayError `provider_not_configured` if the host cannot load it.
 */
export async function loadCatalog(config: OpenClawConfig, agentId: string): Promise<Catalog> {
  try {
    return withApis(config, await loadModelCatalog({ config, agentId, readOnly: true }));
  } catch (cause) {
    throw new RelayError(
      "provider_not_configured",
      "The gateway cannot load its model catalog. Its operator can run `openclaw models status` to see why.",
      { cause },
    );
  }
}

/** In 2026.5.28 the catalog does not name the API of the config's models. */
function withApis(config: OpenClawConfig, catalog: Catalog): Catalog {
  const providers = config.models?.providers ?? {};
  const configured = ({ provider, id }: Catalog[number]) => {
    const own = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
    return own?.models?.find((model) => model.id === id)?.api ?? own?.api;
  };
  return catalog.map((entry) => {
    const api = entry.api ?? configured(entry);
    return api === undefined || api === entry.api ? entry : Object.assign({}, entry, { api });
  });
}

/** @param modelRef `provider/model`. */
export function isListed(catalog: Catalog, modelRef: string): boolean {
  return catalog.some(({ provider, id }) => `${provider}/${id}` === modelRef);
}

/** The agent and the config in which a model is looked up. */
export interface ModelScope {
  readonly modelConfig: Pick<
    OpenClawPluginApi["runtime"]["modelConfig"],
    "resolveAllowedModelRef" | "resolveDefaultModelForAgent"
  >;
  readonly config: OpenClawConfig;
  readonly agentId: string;
}

interface LookedUp {
  readonly named: NamedTarget;
  /** The catalog that the model was looked up in. */
  readonly catalog: Catalog;
}

/**
 * Resolves a name by aliases and catalog only, without the allowlist, so that made-up names cost no memory. The host never
 * frees what other calls allocate: about 11 KB for a made-up provider whose model is checked against the allowlist, and
 * 300 KB for a made-up model that is prepared (openclaw 2026.9.6).
 * @throws RelayError `model_not_found`.
 */
export async function lookUpModel(
  scope: ModelScope,
  raw: string,
  acceptsBareId: boolean,
): Promise<NamedTarget> {
  const { named } = await lookUp(scope, raw, acceptsBareId);
  return named;
}

async function lookUp(
  { agentId, config, modelConfig }: ModelScope,
  raw: string,
  acceptsBareId: boolean,
): Promise<LookedUp> {
  const selection = {
    cfg: config,
    agentId,
    defaultProvider: defaultModel({ agentId, config, modelConfig }).provider,
  };
  const named = resolveModelRefFromString({
    ...selection,
    raw,
    aliasIndex: buildModelAliasIndex(selection),
  });
  const isBareId = named?.alias === undefined && !raw.includes("/");
  if (named === null || (isBareId && !acceptsBareId)) {
    throw new RelayError(
      "model_not_found",
      `There is no model ${JSON.stringify(raw)}. Use an agent (openclaw/<agent>), provider/model, or a configured alias.`,
      { param: "model" },
    );
  }
  const modelRef = `${named.ref.provider}/${named.ref.model}`;
  const catalog = await loadCatalog(config, agentId);
  return {
    named: { agentId, modelRef, namedBy: "client", isListed: isListed(catalog, modelRef) },
    catalog,
  };
}

/**
 * Resolves a directly named model to its target.
 * @throws RelayError `model_not_found` or `model_not_allowed`.
 */
export async function resolveDirectTarget(
  scope: ModelScope,
  raw: string,
  acceptsBareId: boolean,
): Promise<NamedTarget> {
  const { named, catalog } = await lookUp(scope, raw, acceptsBareId);
  const modelRef = allowedRef(scope, catalog, raw);
  if (modelRef === undefined) {
    throw new RelayError(
      "model_not_allowed",
      `The model ${JSON.stringify(raw)} is not allowed for agent ${JSON.stringify(scope.agentId)}. ` +
        "The gateway's operator can add it to agents.defaults.models.",
      { param: "model" },
    );
  }
  return { ...named, modelRef, isListed: isListed(catalog, modelRef) };
}

/** The catalog's models that may be named directly and whose provider has a key. */
export async function listDirectModels(scope: ModelScope): Promise<readonly DirectModel[]> {
  const catalog = await loadCatalog(scope.config, scope.agentId);
  const allowed = catalog.filter(
    ({ api, provider, id }) =>
      api !== undefined && allowedRef(scope, catalog, `${provider}/${id}`) !== undefined,
  );
  const usable = await usableProviders(scope, new Set(allowed.map(({ provider }) => provider)));
  return allowed
    .filter(({ provider }) => usable.has(provider))
    .map((entry) => describedModel(scope.config, entry));
}

function describedModel(config: OpenClawConfig, entry: Catalog[number]): DirectModel {
  const { provider, id, input } = entry;
  const providers = config.models?.providers ?? {};
  const configured = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  const cost = configured?.models?.find((model) => model.id === id)?.cost;
  return {
    provider,
    modelId: id,
    contextWindow: entry.contextTokens ?? entry.contextWindow,
    modalities: input,
    cost: cost && toModelCost(cost),
  };
}

/** By the config's snapshot, agent and provider. */
const keyed = new WeakMap<
  OpenClawConfig,
  Map<string, { has: Promise<boolean>; untilMs: number }>
>();
/** On 2026.7.35 the host takes some 20 ms for each provider without a key, and a second the first time. */
const keyedTtlMs = 300_000;

/** From 2026.6 to 2026.7 the catalog also has providers that nobody has a key for. Those of the config may need none. */
async function usableProviders(
  { agentId, config }: ModelScope,
  providers: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const configured = config.models?.providers ?? {};
  const known = keyed.get(config) ?? new Map<string, { has: Promise<boolean>; untilMs: number }>();
  keyed.set(config, known);
  const isKeyed = (provider: string) => {
    const id = `${agentId} ${provider}`;
    const held = known.get(id);
    if (held !== undefined && performance.now() < held.untilMs) {
      return held.has;
    }
    const has = hasKey(config, agentId, provider);
    known.set(id, { has, untilMs: performance.now() + keyedTtlMs });
    return has;
  };
  const found = await Promise.all(
    [...providers].map(async (provider) =>
      Object.hasOwn(configured, provider) || (await isKeyed(provider)) ? [provider] : [],
    ),
  );
  return new Set(found.flat());
}

/** Whether the host has a key for a provider, in the config or among the agent's auth profiles. */
export async function hasKey(
  config: OpenClawConfig,
  agentId: string,
  provider: string,
): Promise<boolean> {
  try {
    const agentDir = resolveAgentDir(config, agentId);
    const { apiKey } = await resolveApiKeyForProvider({ provider, cfg: config, agentDir });
    return Boolean(apiKey);
  } catch {
    return false;
  }
}

/** The providers of the config and of the catalog. */
export async function listProviders({ config, agentId }: ModelScope): Promise<ReadonlySet<string>> {
  const catalog = await loadCatalog(config, agentId);
  return new Set([
    ...Object.keys(config.models?.providers ?? {}),
    ...catalog.map(({ provider }) => provider),
  ]);
}

/** `provider/model` after aliases; undefined if the allowlist does not contain it. */
function allowedRef(scope: ModelScope, catalog: Catalog, raw: string): string | undefined {
  const { provider, model } = defaultModel(scope);
  const result = scope.modelConfig.resolveAllowedModelRef({
    cfg: scope.config,
    agentId: scope.agentId,
    catalog,
    raw,
    defaultProvider: provider,
    defaultModel: model,
  });
  return "ref" in result ? `${result.ref.provider}/${result.ref.model}` : undefined;
}

export function defaultModel({ modelConfig, config, agentId }: ModelScope) {
  return modelConfig.resolveDefaultModelForAgent({ cfg: config, agentId });
}
