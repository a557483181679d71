/** Providers' keys, fresh within seconds. */
import { resolveAgentDir, resolveApiKeyForProvider } from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { Route } from "../routing/route.ts";

/** How long a key is used without asking again: operators rotate keys while the gateway runs. */
const keyTtlMs = 5000;

/**
 * @param current the config as it is.
 * @param now the time in milliseconds, from any origin.
 * @returns what `Host.key` is.
 */
export function createKeys(
  current: () => OpenClawConfig,
  now: () => number = () => performance.now(),
): (route: Route) => Promise<string | undefined> {
  const known = new WeakMap<
    Route,
    { readonly key: Promise<string | undefined>; readonly until: number }
  >();
  return (route) => {
    const held = known.get(route);
    if (held !== undefined && now() < held.until) {
      return held.key;
    }
    const key = resolveKey(current(), route);
    known.set(route, { key, until: now() + keyTtlMs });
    key.catch(() => known.delete(route));
    return key;
  };
}

async function resolveKey(config: OpenClawConfig, route: Route): Promise<string | undefined> {
  if (!route.sendsKey) {
    return undefined;
  }
  let cause: unknown;
  try {
    const { apiKey } = await resolveApiKeyForProvider({
      provider: route.provider,
      cfg: config,
      agentDir: resolveAgentDir(config, route.agentId),
      modelId: route.modelId,
      modelApi: route.api,
      modelBaseUrl: route.baseUrl,
    });
    if (apiKey) {
      return apiKey;
    }
  } catch (error) {
    cause = error;
  }
  throw new RelayError(
    "provider_not_configured",
    `The gateway has no key for the provider ${JSON.stringify(route.provider)}. ` +
      `Its operator can set models.providers.${route.provider}.apiKey or add an auth profile.`,
    { cause },
  );
}
