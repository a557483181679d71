/** Resolves the timeouts, retries and limits for a call. */
import type { RelayConfig, UpstreamPolicy } from "./schema.ts";

/** An agent's settings override its provider's, and those override the settings for all providers. */
export function upstreamPolicy(
  config: Pick<RelayConfig, "upstream" | "agents">,
  provider: string,
  agentId: string,
): UpstreamPolicy {
  const { providers, ...forAll } = config.upstream;
  const ofProvider = providers[provider] ?? {};
  const firstTokenTimeoutMs = config.agents[agentId]?.firstTokenTimeoutMs;
  return Object.freeze({
    ...forAll,
    wire: "auto",
    cache: "client",
    ...ofProvider,
    breaker: { ...forAll.breaker, ...ofProvider.breaker },
    ...(firstTokenTimeoutMs === undefined ? {} : { firstTokenTimeoutMs }),
  });
}
