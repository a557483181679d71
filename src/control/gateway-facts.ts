/** What the operator's side asks the gateway about itself. */

/** By the name of its key in `gateway.http.endpoints`. Each of them takes `/v1/models` and `/v1/embeddings` as well. */
export type CoreEndpoint = "chatCompletions" | "responses";

export interface GatewayFacts {
  /** Those of core's own endpoints that are on and answer requests in front of the plugin's routes. */
  coreEndpoints(): readonly CoreEndpoint[];
  /** The port that the gateway listens on. */
  gatewayPort(): number;
}
