/** What the operator's side asks the gateway about itself. */

/** By the name of its key in `gateway.http.endpoints`. Each of them takes `/v1/models` and `/v1/embeddings` as well. */
export type CoreEndpoint = "chatCompletions" | "responses";

/** The gateway's version, and what it can do. */
export interface HostFacts {
  /** The version of OpenClaw, such as `2026.9.6`. */
  readonly version: string;
  /** By name; docs/hosts.md describes each. */
  readonly capabilities: Readonly<Record<string, boolean>>;
}

export interface GatewayFacts {
  hostFacts(): HostFacts;
  /** Those of core's own endpoints that are on and answer requests in front of the plugin's routes. */
  coreEndpoints(): readonly CoreEndpoint[];
  /** The port that the gateway listens on. */
  gatewayPort(): number;
}
