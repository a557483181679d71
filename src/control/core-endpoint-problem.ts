/** What is said in the status, and of the plugin's service, when core's own endpoints stand in front of ours. Pure. */
import type { CoreEndpoint } from "./gateway-facts.ts";

/** @returns undefined where none is on. */
export function coreEndpointProblem(enabled: readonly CoreEndpoint[]): string | undefined {
  if (enabled.length === 0) {
    return undefined;
  }
  // Either of them takes models and embeddings from the relay.
  const taken = enabled.includes("chatCompletions")
    ? "/v1/chat/completions, /v1/models and /v1/embeddings"
    : "/v1/models and /v1/embeddings";
  const keys = enabled.map((name) => `gateway.http.endpoints.${name}.enabled`);
  return `core's own endpoint answers ${taken}, which the relay never sees: set ${keys.join(" and ")} to false`;
}
