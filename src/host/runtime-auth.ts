/**
 * The key for a call of the host's runtime. Some providers' plugins exchange the configured key for another one, with a base
 * URL of its own. The host does that for the keys of the default agent only.
 */
import { resolveApiKeyForProvider } from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { RuntimeCall } from "../upstream/ports.ts";
import { optionalSdk } from "./optional-sdk.ts";
import type { PreparedModel } from "./provider-route.ts";

interface RuntimeAuth {
  readonly apiKey: string | undefined;
  readonly baseUrl?: string | undefined;
}

/** @throws RelayError `provider_not_configured`. */
type AuthFor = (model: PreparedModel, call: Pick<RuntimeCall, "key">) => Promise<RuntimeAuth>;

export function createRuntimeAuth(current: () => OpenClawConfig): AuthFor {
  /** Models whose provider takes the configured key as it is. */
  const plain = new WeakSet<PreparedModel>();
  return async (model, { key }) => {
    if (key !== undefined && plain.has(model)) {
      return { apiKey: key };
    }
    const exchanged = await exchange(model, current());
    if (exchanged === undefined || key === undefined) {
      return { apiKey: key ?? exchanged?.apiKey };
    }
    const { apiKey, baseUrl } = exchanged;
    const configured = apiKey === key ? key : await keyOfDefaultAgent(model, current());
    if (apiKey === configured && baseUrl === undefined) {
      plain.add(model);
      return { apiKey: key };
    }
    if (configured === key) {
      return { apiKey, baseUrl };
    }
    throw new RelayError(
      "provider_not_configured",
      `The gateway exchanges keys of the provider ${JSON.stringify(model.provider)} only for its default agent's first key. ` +
        "Its operator can put that key first in the order of the auth profiles.",
    );
  };
}

async function exchange(
  model: PreparedModel,
  cfg: OpenClawConfig,
): Promise<RuntimeAuth | undefined> {
  try {
    const { getRuntimeAuthForModel } = await optionalSdk.providerAuthRuntime();
    const auth = await getRuntimeAuthForModel?.({ model, cfg });
    return auth && { apiKey: auth.apiKey, baseUrl: auth.baseUrl };
  } catch {
    // No key, or no such function: the provider's answer to the configured key tells more.
    return undefined;
  }
}

async function keyOfDefaultAgent(
  model: PreparedModel,
  cfg: OpenClawConfig,
): Promise<string | undefined> {
  const { provider, id, api, baseUrl } = model;
  const resolved = await resolveApiKeyForProvider({
    provider,
    cfg,
    modelId: id,
    modelApi: api,
    ...(baseUrl === undefined ? {} : { modelBaseUrl: baseUrl }),
  }).catch(() => undefined);
  return resolved?.apiKey;
}
