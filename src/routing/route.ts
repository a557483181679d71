/** The vocabulary of routing: what a target is, and the route to a provider that it becomes. */
import type { ModelCost } from "./model-cost.ts";

/** One model to try, for one agent. */
export interface Target {
  readonly agentId: string;
  /** `provider/model`, an alias, or undefined for the agent's primary model. */
  readonly modelRef: string | undefined;
  /** Whether the client named this model, or the agent's configuration did. */
  readonly namedBy: "client" | "agent";
}

/** A target that a client has named. */
export interface NamedTarget extends Target {
  readonly modelRef: string;
  /** Whether the host's catalog has the model. The host may serve others, too. */
  readonly isListed: boolean;
}

/** TLS settings for a connection; certificates and keys are PEM texts. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
}

/** How a provider is reached. */
export interface Transport {
  readonly tls: TlsOptions | undefined;
  readonly proxy:
    | { readonly kind: "environment"; readonly tls: TlsOptions | undefined }
    | { readonly kind: "explicit"; readonly url: string; readonly tls: TlsOptions | undefined };
}

/** All that is known of a model's provider before a request, but for its key. */
export interface Route {
  readonly agentId: string;
  readonly provider: string;
  readonly modelId: string;
  /** The wire protocol, by the host's name, such as `openai-completions`. */
  readonly api: string;
  readonly baseUrl: string;
  /** In tokens; undefined where the host does not know. */
  readonly contextWindow: number | undefined;
  /** Kinds of input that the model takes, such as `text` and `image`; undefined where the host does not know. */
  readonly modalities?: readonly string[] | undefined;
  /** US dollars for a million tokens; undefined where the host does not know. */
  readonly cost: ModelCost | undefined;
  /** Headers that the operator configured, names in lower case. Values may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values in `headers` that are secrets whatever the headers' names: of SecretRefs and of `request.auth`. */
  readonly secretValues?: readonly string[];
  /** Whether the provider's key goes into `authorization`, or the configured headers say who we are. */
  readonly sendsKey: boolean;
  readonly transport: Transport;
}

/** @returns `provider/model`. */
export function modelName({ provider, modelId }: Pick<Route, "provider" | "modelId">): string {
  return `${provider}/${modelId}`;
}

/** A model that may be named directly, for `GET /v1/models`. */
export interface DirectModel {
  readonly provider: string;
  readonly modelId: string;
}
