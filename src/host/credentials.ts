/** Resolves providers' credentials in the host. */
import { resolveAgentDir, resolveApiKeyForProvider } from "openclaw/plugin-sdk/agent-runtime";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { RelayError } from "../errors.ts";
import type { Route } from "../routing/route.ts";
import type { Credential, CredentialSource } from "../upstream/credentials.ts";

export interface CredentialSourceOptions {
  /** Returns the host's current config. */
  readonly current: () => OpenClawConfig;
  readonly modelAuth: Pick<
    OpenClawPluginApi["runtime"]["modelAuth"],
    "ensureAuthProfileStore" | "resolveAuthProfileOrder"
  >;
}

export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  return {
    credential: (route) => resolveKey(options.current(), route),
    async nextCredential(route, tried) {
      const config = options.current();
      for (const profileId of profileOrder(options, route).filter((id) => !tried.has(id))) {
        const key = await resolveKey(config, route, profileId).catch(() => undefined);
        if (key !== undefined) {
          return key;
        }
      }
      return undefined;
    },
  };
}

/** The provider's auth profiles in the host's order. Empty if the host cannot read them: the next target is tried then. */
function profileOrder(
  { current, modelAuth }: CredentialSourceOptions,
  route: Route,
): readonly string[] {
  const cfg = current();
  try {
    const store = modelAuth.ensureAuthProfileStore(resolveAgentDir(cfg, route.agentId), {
      readOnly: true,
      allowKeychainPrompt: false,
    });
    const { provider, modelId } = route;
    return modelAuth.resolveAuthProfileOrder({ cfg, store, provider, forModel: modelId });
  } catch {
    return [];
  }
}

/**
 * @param profileId an auth profile; without it, the host's first choice.
 * @throws RelayError `provider_not_configured`.
 */
async function resolveKey(
  config: OpenClawConfig,
  route: Route,
  profileId?: string,
): Promise<Credential> {
  let cause: unknown;
  try {
    const resolved = await resolveApiKeyForProvider({
      provider: route.provider,
      cfg: config,
      agentDir: resolveAgentDir(config, route.agentId),
      modelId: route.modelId,
      modelApi: route.api,
      modelBaseUrl: route.baseUrl,
      ...(profileId === undefined ? {} : { profileId, lockedProfile: true }),
    });
    const source = resolved.profileId ?? "config";
    if (resolved.apiKey) {
      return { source, value: resolved.apiKey };
    }
    if (resolved.mode === "aws-sdk") {
      // The host's runtime finds AWS's credentials itself.
      return { source, value: undefined };
    }
  } catch (error) {
    cause = error;
  }
  throw new RelayError(
    "provider_not_configured",
    `The gateway has no key for the provider ${JSON.stringify(route.provider)}. ` +
      `The gateway's operator can set models.providers.${route.provider}.apiKey or add an auth profile.`,
    { cause },
  );
}
