/** The host exports this module without types (openclaw 2026.9.6). Only what is used is described. */
declare module "openclaw/plugin-sdk/simple-completion-runtime" {
  interface PreparedRates {
    readonly input: number;
    readonly output: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  }

  interface PreparedCost extends PreparedRates {
    /** `range` is the prompt's length in tokens: from, and up to; without an end, from there on. */
    readonly tieredPricing?: readonly (PreparedRates & { readonly range?: readonly number[] })[];
  }

  interface PreparedModel {
    readonly id: string;
    readonly provider: string;
    readonly api: string;
    readonly baseUrl?: string;
    /** `null` takes a header away: `Authorization: null` is a server that wants no key. */
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly contextWindow?: number;
    /** Kinds of input, such as `text` and `image`. */
    readonly input?: readonly string[];
    /** US dollars for a million tokens. */
    readonly cost?: PreparedCost;
  }

  /** Resolves a model and its provider for an agent, or says why it can't. */
  export function prepareSimpleCompletionModelForAgent(parameters: {
    cfg: object;
    agentId: string;
    modelRef?: string;
    allowMissingApiKeyModes?: readonly string[];
  }): Promise<
    | { readonly error: string; readonly auth?: unknown }
    | { readonly model: PreparedModel; readonly error?: undefined }
  >;
}

declare module "openclaw/plugin-sdk/image-generation-core" {
  /** What the host makes of a provider's or a run's failure; without a reason where it can't tell. */
  export function describeFailoverError(error: unknown): {
    readonly message: string;
    readonly rawError?: string;
    readonly reason?: string;
    readonly status?: number;
    readonly code?: string;
  };
}
