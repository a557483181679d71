/** The host exports these modules without types (openclaw 2026.9.6). Only what the plugin uses is declared. */
declare module "openclaw/plugin-sdk/simple-completion-runtime" {
  interface PreparedRates {
    readonly input: number;
    readonly output: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  }

  interface PreparedCost extends PreparedRates {
    /** `range` is the prompt's length in tokens, `[from, to]`. Without `to` it is unbounded. */
    readonly tieredPricing?: readonly (PreparedRates & { readonly range?: readonly number[] })[];
  }

  interface PreparedModel {
    readonly id: string;
    readonly provider: string;
    readonly api: string;
    readonly baseUrl?: string;
    /** `null` removes a header: `Authorization: null` means that the server wants no key. */
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly contextWindow?: number;
    /** The most tokens of an answer. */
    readonly maxTokens?: number;
    readonly reasoning?: boolean;
    /** The part of the context window that is used. */
    readonly contextTokens?: number;
    /** Parameters for the provider, from the gateway's config. */
    readonly params?: Readonly<Record<string, unknown>>;
    /** The provider's word for each level of thinking; `null` for a level that it does not have. */
    readonly thinkingLevelMap?: Readonly<Record<string, string | null>>;
    readonly compat?: {
      readonly supportsTemperature?: boolean;
      readonly supportedReasoningEfforts?: readonly string[];
      readonly reasoningEffortMap?: Readonly<Record<string, string>>;
    };
    /** Kinds of input, such as `text` and `image`. */
    readonly input?: readonly string[];
    /** US dollars per million tokens. */
    readonly cost?: PreparedCost;
  }

  /** Resolves a model and its provider for an agent. `error` says why that failed. */
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

declare module "openclaw/plugin-sdk/provider-model-shared" {
  export function supportsClaudeAdaptiveThinking(model: { readonly id: string }): boolean;
  /** Whether the model refuses `temperature` and the like. */
  export function requiresClaudeDefaultSampling(model: { readonly id: string }): boolean;
}

declare module "openclaw/plugin-sdk/provider-stream-shared" {
  /** Whether the model takes a level of thinking instead of a number of tokens. */
  export function isGoogleGemini3ThinkingLevelModel(modelId: string): boolean;
}

declare module "openclaw/plugin-sdk/image-generation-core" {
  /** Classifies the failure of a provider or a run. `reason` is missing if the host does not know it. */
  export function describeFailoverError(error: unknown): {
    readonly message: string;
    readonly rawError?: string;
    readonly reason?: string;
    readonly status?: number;
    readonly code?: string;
  };
}

declare module "openclaw/plugin-sdk/llm" {
  /** Calls a model. The events are those of `AssistantMessageEvent`; the last one is `done` or `error`. */
  export function streamSimple(
    model: object,
    context: object,
    options: object,
  ): AsyncIterable<unknown>;
}

declare module "openclaw/plugin-sdk/provider-auth-runtime" {
  /** The key of the default agent, after the provider's plugin has exchanged it, and the base URL that belongs to it. */
  export function getRuntimeAuthForModel(parameters: {
    model: object;
    cfg: object;
  }): Promise<{ readonly apiKey?: string; readonly baseUrl?: string }>;
}
