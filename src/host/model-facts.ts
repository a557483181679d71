/** What the host knows about a model that a protocol other than the client's needs. */
import type { ModelFacts } from "../protocols/wire.ts";
import type { PreparedModel } from "./provider-route.ts";

/** The host's own predicates, which know the vendors' model names. Undefined on hosts without them. */
interface Predicates {
  readonly supportsClaudeAdaptiveThinking?: (model: { readonly id: string }) => boolean;
  readonly requiresClaudeDefaultSampling?: (model: { readonly id: string }) => boolean;
  readonly isGoogleGemini3ThinkingLevelModel?: (id: string) => boolean;
}

let loading: Promise<Predicates> | undefined;

/** The modules take half a second to load, so they are loaded for the first model that needs them. */
function predicates(): Promise<Predicates> {
  loading ??= Promise.all([
    import("openclaw/plugin-sdk/provider-model-shared"),
    import("openclaw/plugin-sdk/provider-stream-shared"),
  ]).then(
    ([models, streams]): Predicates => ({ ...models, ...streams }),
    () => ({}),
  );
  return loading;
}

/** The APIs whose models differ in ways that the host's catalog does not describe. */
const described: ReadonlySet<string> = new Set([
  "anthropic-messages",
  "google-generative-ai",
  "google-vertex",
]);

export async function modelFacts(model: PreparedModel): Promise<ModelFacts> {
  const { id, api, compat } = model;
  const known = described.has(api) ? await predicates() : {};
  const isClaude = api === "anthropic-messages";
  const efforts = effortsOf(model);
  return {
    id,
    maxTokens: model.maxTokens,
    contextTokens: contextTokensOf(model),
    isReasoning: model.reasoning === true,
    efforts,
    acceptsSampling:
      compat?.supportsTemperature !== false &&
      !(isClaude && known.requiresClaudeDefaultSampling?.({ id }) === true),
    thinksByEffort:
      api === "ollama"
        ? Object.values(efforts ?? {}).some((word) => typeof word === "string")
        : isClaude
          ? known.supportsClaudeAdaptiveThinking?.({ id }) === true
          : known.isGoogleGemini3ThinkingLevelModel?.(id) === true,
  };
}

/** The host's rule for Ollama (openclaw 2026.9.6): the model's `params.num_ctx`, else its `contextTokens`. */
function contextTokensOf({ params, contextTokens }: PreparedModel): number | undefined {
  const configured = params?.["num_ctx"];
  return typeof configured === "number" ? configured : contextTokens;
}

/** The catalog's map has `off` where chat completions has `none`. A list of efforts excludes all others. */
function effortsOf({ thinkingLevelMap, compat }: PreparedModel): ModelFacts["efforts"] {
  const { off, ...levels } = thinkingLevelMap ?? {};
  const listed = compat?.supportedReasoningEfforts;
  const excluded =
    listed === undefined
      ? {}
      : Object.fromEntries(
          allEfforts.map((effort) => [effort, listed.includes(effort) ? effort : null]),
        );
  const efforts = {
    ...excluded,
    ...levels,
    ...(off === undefined ? {} : { none: off }),
    ...compat?.reasoningEffortMap,
  };
  return Object.keys(efforts).length === 0 ? undefined : efforts;
}

const allEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
