/** Which timeouts, retries and limits count for a call. */
import type { RelayConfig, UpstreamPolicy } from "./schema.ts";

type PolicyConfig = Pick<RelayConfig, "upstream" | "agents">;

/** Of each config, by provider and agent: as many as there are of both, for as long as the config is in use. */
const known = new WeakMap<PolicyConfig, Map<string, UpstreamPolicy>>();

/** An agent's settings win over its provider's, and those over what is said for all. */
export function upstreamPolicy(
  config: PolicyConfig,
  provider: string,
  agentId: string,
): UpstreamPolicy {
  let ofConfig = known.get(config);
  if (ofConfig === undefined) {
    ofConfig = new Map();
    known.set(config, ofConfig);
  }
  const id = `${agentId} ${provider}`;
  let policy = ofConfig.get(id);
  if (policy === undefined) {
    policy = resolvePolicy(config, provider, agentId);
    ofConfig.set(id, policy);
  }
  return policy;
}

function resolvePolicy(config: PolicyConfig, provider: string, agentId: string): UpstreamPolicy {
  const { providers, ...forAll } = config.upstream;
  const ofProvider = providers[provider] ?? {};
  const firstTokenTimeoutMs = config.agents[agentId]?.firstTokenTimeoutMs;
  return Object.freeze({
    ...forAll,
    ...ofProvider,
    breaker: { ...forAll.breaker, ...ofProvider.breaker },
    ...(firstTokenTimeoutMs === undefined ? {} : { firstTokenTimeoutMs }),
  });
}
