/** The problem that the status and the service's health report when core's own endpoints answer in place of ours. Pure. */
import type { CoreEndpoint } from "./gateway-facts.ts";

/** @returns undefined if none is enabled. */
export function coreEndpointProblem(enabled: readonly CoreEndpoint[]): string | undefined {
  if (enabled.length === 0) {
    return undefined;
  }
  // Each of core's endpoints also serves models and embeddings.
  const taken = enabled.includes("chatCompletions")
    ? "/v1/chat/completions, /v1/models and /v1/embeddings"
    : "/v1/models and /v1/embeddings";
  const keys = enabled.map((name) => `gateway.http.endpoints.${name}.enabled`);
  return `core's own endpoint answers ${taken} instead of the relay: set ${keys.join(" and ")} to false`;
}
