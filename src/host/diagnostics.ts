/** What the host knows of models and providers that cannot be used, for the check of the configuration. */
import { buildModelAliasIndex, resolveModelRefFromString } from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { ConfiguredProvider, TargetDescription } from "../doctor/ports.ts";
import type { Target } from "../routing/route.ts";
import { defaultModel, hasKey, isListed, loadCatalog, type ModelScope } from "./models.ts";

/** @returns undefined if the host cannot read the target's name, or has no catalog. Never rejects. */
export async function describeTarget(
  scope: ModelScope,
  target: Target,
): Promise<TargetDescription | undefined> {
  const { agentId, config } = scope;
  try {
    const ref = refOf(scope, target);
    if (ref === undefined) {
      return undefined;
    }
    const { provider, model } = ref;
    const catalog = await loadCatalog(config, agentId);
    return {
      provider,
      modelId: model,
      hasProvider:
        Object.hasOwn(config.models?.providers ?? {}, provider) ||
        catalog.some((entry) => entry.provider === provider),
      isListed: isListed(catalog, `${provider}/${model}`),
      hasKey: await hasKey(config, agentId, provider),
    };
  } catch {
    return undefined;
  }
}

function refOf(scope: ModelScope, { modelRef }: Target) {
  const preferred = defaultModel(scope);
  if (modelRef === undefined) {
    return preferred;
  }
  const selection = {
    cfg: scope.config,
    agentId: scope.agentId,
    defaultProvider: preferred.provider,
  };
  return resolveModelRefFromString({
    ...selection,
    raw: modelRef,
    aliasIndex: buildModelAliasIndex(selection),
  })?.ref;
}

/** The providers of the config that have a base URL. */
export function configuredProviders(config: OpenClawConfig): readonly ConfiguredProvider[] {
  return Object.entries(config.models?.providers ?? {}).flatMap(([id, provider]) =>
    typeof provider?.baseUrl === "string" && provider.baseUrl !== ""
      ? [{ id, baseUrl: provider.baseUrl }]
      : [],
  );
}
