/** Converts a model that the host has prepared into a route. */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type { prepareSimpleCompletionModelForAgent } from "openclaw/plugin-sdk/simple-completion-runtime";
import type { ModelCost, TokenRates } from "../routing/model-cost.ts";
import type { Route, TlsOptions, Transport } from "../routing/route.ts";

type Prepared = Extract<
  Awaited<ReturnType<typeof prepareSimpleCompletionModelForAgent>>,
  { error?: undefined }
>;
export type PreparedModel = Prepared["model"];

type ProviderConfig = NonNullable<NonNullable<OpenClawConfig["models"]>["providers"]>[string];
type RequestConfig = NonNullable<ProviderConfig["request"]>;

/** Marks a sentinel: the host's placeholder for a secret. */
const sentinelPrefix = "oc-sent-v2.";

/**
 * @param model as prepared by the host; secrets in its headers are sentinels.
 * @param config the runtime config; its SecretRefs are resolved.
 */
export function toRoute(agentId: string, model: PreparedModel, config: OpenClawConfig): Route {
  const providers = config.models?.providers ?? {};
  const provider = Object.hasOwn(providers, model.provider) ? providers[model.provider] : undefined;
  const headers = openHeaders(model.headers ?? {}, provider);
  const authMode = provider?.request?.auth?.mode;
  return {
    agentId,
    provider: model.provider,
    modelId: model.id,
    api: model.api,
    baseUrl: model.baseUrl ?? "",
    contextWindow: model.contextWindow,
    modalities: model.input,
    cost: model.cost && toModelCost(model.cost),
    headers: headers.values,
    secretValues: headers.secrets,
    sendsKey:
      !headers.removed.has("authorization") &&
      headers.values["authorization"] === undefined &&
      (authMode === undefined || authMode === "provider-default"),
    transport: toTransport(provider?.request),
  };
}

/**
 * Sorts the tiers by their start. The last tier that starts at or below the prompt's length applies; that is the host's
 * rule (`selectPricingRates`, openclaw 2026.9.6).
 */
export function toModelCost(cost: NonNullable<PreparedModel["cost"]>): ModelCost {
  const tiers = (cost.tieredPricing ?? [])
    .map((tier) => Object.assign({ fromTokens: tier.range?.[0] ?? 0 }, toRates(tier)))
    .toSorted((a, b) => a.fromTokens - b.fromTokens);
  return tiers.length === 0 ? toRates(cost) : { ...toRates(cost), tiers };
}

function toRates(rates: Partial<TokenRates>): TokenRates {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = rates;
  return { input, output, cacheRead, cacheWrite };
}

/** The configured headers, with lower-case names and with secrets in place of sentinels; and the names of removed ones. */
function openHeaders(
  headers: Readonly<Record<string, string | null>>,
  provider: ProviderConfig | undefined,
): { values: Record<string, string>; removed: Set<string>; secrets: string[] } {
  const configured = configuredHeaders(provider);
  const values: Record<string, string> = {};
  const removed = new Set<string>();
  const secrets = authSecrets(provider?.request?.auth);
  for (const [name, value] of Object.entries(headers)) {
    const lowered = name.toLowerCase();
    if (value === null) {
      removed.add(lowered);
    } else if (value.includes(sentinelPrefix)) {
      const opened = configured.get(lowered);
      if (opened !== undefined) {
        values[lowered] = opened;
        secrets.push(opened);
      }
    } else {
      values[lowered] = value;
    }
  }
  return { values, removed, secrets };
}

/** The secret of `request.auth`, without the header's prefix such as `Bearer`. */
function authSecrets(auth: RequestConfig["auth"]): string[] {
  const secret =
    auth?.mode === "authorization-bearer"
      ? auth.token
      : auth?.mode === "header"
        ? auth.value
        : undefined;
  return typeof secret === "string" ? [secret.trim()] : [];
}

/** A provider's headers in the config. Later sources win, as in the host: `headers`, `request.headers`, `request.auth`. */
function configuredHeaders(provider: ProviderConfig | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const headers of [provider?.headers, provider?.request?.headers]) {
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (typeof value === "string") {
        values.set(name.toLowerCase(), value);
      }
    }
  }
  const auth = provider?.request?.auth;
  if (auth?.mode === "authorization-bearer" && typeof auth.token === "string") {
    values.set("authorization", `Bearer ${auth.token.trim()}`);
  } else if (auth?.mode === "header" && typeof auth.value === "string") {
    // The host also trims the prefix, so "Key " and "Key" mean the same.
    values.set(
      auth.headerName.trim().toLowerCase(),
      `${auth.prefix?.trim() ?? ""}${auth.value.trim()}`,
    );
  }
  return values;
}

function toTransport(request: RequestConfig | undefined): Transport {
  const tls = toTls(request?.tls);
  const proxy = request?.proxy;
  return proxy?.mode === "explicit-proxy"
    ? { tls, proxy: { kind: "explicit", url: proxy.url, tls: toTls(proxy.tls) } }
    : { tls, proxy: { kind: "environment", tls: toTls(proxy?.tls) } };
}

function toTls(tls: RequestConfig["tls"]): TlsOptions | undefined {
  if (tls === undefined) {
    return undefined;
  }
  const options: Record<string, string> = {};
  for (const [option, value] of [
    ["ca", tls.ca],
    ["cert", tls.cert],
    ["key", tls.key],
    ["passphrase", tls.passphrase],
    ["servername", tls.serverName],
  ] as const) {
    if (typeof value === "string" && value.trim() !== "") {
      options[option] = value.trim();
    }
  }
  return Object.keys(options).length > 0 ? options : undefined;
}
