/** Port: what commands and status need to know about the gateway. */

/** A key of `gateway.http.endpoints`. Each of these endpoints also serves `/v1/models` and `/v1/embeddings`. */
export type CoreEndpoint = "chatCompletions" | "responses";

/** The host's version and its capabilities. */
export interface HostFacts {
  /** The version of OpenClaw, such as `2026.9.6`. */
  readonly version: string;
  /** By capability name; docs/hosts.md describes each. */
  readonly capabilities: Readonly<Record<string, boolean>>;
}

export interface GatewayFacts {
  hostFacts(): HostFacts;
  /** Core's own endpoints that are enabled. They take requests before the plugin's routes do. */
  coreEndpoints(): readonly CoreEndpoint[];
  /** The port that the gateway listens on. */
  gatewayPort(): number;
}
