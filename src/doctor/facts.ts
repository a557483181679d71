/** The facts that problems are found in. Plain data. */
import type { RelayConfig } from "../config/schema.ts";
import type { CoreEndpoint, HostFacts } from "../control/gateway-facts.ts";
import type { FileFact } from "./file-facts.ts";
import type { ConfiguredProvider, TargetDescription } from "./ports.ts";

/** One of an agent's models: resolved, or the reason why it could not be. */
export type TargetFact =
  | {
      readonly kind: "known";
      readonly provider: string;
      readonly modelId: string;
      /** Whether the host knows a price for it that is not zero. */
      readonly hasPrice: boolean;
    }
  | {
      readonly kind: "unknown";
      /** Why the model cannot be reached, as a sentence. */
      readonly message: string;
      /** What the gateway knows of it; undefined if nothing. */
      readonly description?: TargetDescription | undefined;
    };

export interface AgentFacts {
  /** The agent's models, best first; undefined if no problem depends on them. */
  readonly targets: readonly TargetFact[] | undefined;
  /** Why its system prompt for light mode cannot be read; undefined if it can, or if nothing reads it. */
  readonly promptProblem: string | undefined;
}

/** A virtual key. */
export interface KeyFacts {
  readonly name: string;
  /** Where its settings are, such as `plugins.entries.passthrough.config.keys.bot`. */
  readonly path: string;
  readonly settings: RelayConfig["keys"][string];
}

export interface ProblemFacts {
  readonly config: RelayConfig;
  readonly agentIds: readonly string[];
  readonly agents: ReadonlyMap<string, AgentFacts>;
  readonly keys: readonly KeyFacts[];
  /** Providers of the config and of the host's catalog; undefined if unknown, or if no setting names a provider. */
  readonly providers: ReadonlySet<string> | undefined;
  readonly configuredProviders: readonly ConfiguredProvider[];
  /** Core's own endpoints that are enabled. */
  readonly coreEndpoints: readonly CoreEndpoint[];
  /** Hook permissions that the plugin lacks, by their keys under `plugins.entries.passthrough.hooks`. */
  readonly missingHookPermissions: readonly { readonly key: string; readonly value: boolean }[];
  readonly host: HostFacts;
  /** The plugin's own folder and files, as far as they exist. */
  readonly files: readonly FileFact[];
}
