/** Ports: what the check of the configuration needs from the gateway, besides what requests need. */
import type { Target } from "../routing/route.ts";

/** What the gateway knows of a model that it cannot call. */
export interface TargetDescription {
  readonly provider: string;
  readonly modelId: string;
  /** Whether the config or the host's catalog has the provider. */
  readonly hasProvider: boolean;
  /** Whether the host's catalog lists the model. */
  readonly isListed: boolean;
  /** Whether the host has a credential for the provider, for this agent. */
  readonly hasKey: boolean;
}

/** A provider of the gateway's config. */
export interface ConfiguredProvider {
  readonly id: string;
  readonly baseUrl: string;
}

export interface Diagnostics {
  /** Describes a target that cannot be resolved; undefined if its name cannot be read. Never rejects. */
  describeTarget(target: Target): Promise<TargetDescription | undefined>;
  /** The providers of the gateway's config that have a base URL. */
  configuredProviders(): readonly ConfiguredProvider[];
}
