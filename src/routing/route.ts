/** The types of routing: a target, and the route to its provider. */
import type { ModelFacts } from "../protocols/wire.ts";
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
  /** Whether the host's catalog lists the model. The host may also serve models that it does not list. */
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

/** TLS and proxy settings for the connection to a provider. */
export interface Transport {
  readonly tls: TlsOptions | undefined;
  readonly proxy:
    | { readonly kind: "environment"; readonly tls: TlsOptions | undefined }
    | { readonly kind: "explicit"; readonly url: string; readonly tls: TlsOptions | undefined };
}

/** What is needed to call a model's provider, except the credential. */
export interface Route {
  readonly agentId: string;
  readonly provider: string;
  readonly modelId: string;
  /** The host's name of the wire protocol, such as `openai-completions`. */
  readonly api: string;
  readonly baseUrl: string;
  /** In tokens; undefined if the host does not know it. */
  readonly contextWindow: number | undefined;
  /** Kinds of input that the model accepts, such as `text` and `image`; undefined if the host does not know. */
  readonly modalities?: readonly string[] | undefined;
  /** US dollars per million tokens; undefined if the host does not know the price. */
  readonly cost: ModelCost | undefined;
  /** Headers that the operator configured, with lower-case names. Values may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values in `headers` that are secrets regardless of the header's name: from SecretRefs and `request.auth`. */
  readonly secretValues?: readonly string[];
  /** Whether to send the provider's key. False if the configured headers authenticate the request. */
  readonly sendsKey: boolean;
  readonly transport: Transport;
  /** What a protocol other than the client's must know about the model; undefined if the host does not say. */
  readonly facts?: ModelFacts;
}

/** @returns `provider/model`. */
export function modelName({ provider, modelId }: Pick<Route, "provider" | "modelId">): string {
  return `${provider}/${modelId}`;
}

/** A model that may be named directly, for `GET /v1/models`. */
export interface DirectModel
  extends
    Pick<Route, "provider" | "modelId">,
    Partial<Pick<Route, "contextWindow" | "modalities">> {
  /** Undefined if the gateway's config does not state it: the host's catalog has no prices. */
  readonly cost?: ModelCost | undefined;
}
