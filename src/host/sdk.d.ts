/** The host exports this module without types (openclaw 2026.9.6). Only what is used is described. */
declare module "openclaw/plugin-sdk/simple-completion-runtime" {
  interface PreparedModel {
    readonly id: string;
    readonly provider: string;
    readonly api: string;
    readonly baseUrl?: string;
    /** `null` takes a header away: `Authorization: null` is a server that wants no key. */
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly contextWindow?: number;
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
