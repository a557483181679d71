/**
 * What the host's runtime says in each API, by its code (openclaw 2026.9.6, `streamSimple`). What it accepts as an option and
 * then loses counts as not said. An API of an unknown plugin is taken to say the least.
 */

export interface Abilities {
  readonly takesStop: boolean;
  /** The words in which a tool choice must be given; `none` if the runtime loses it. */
  readonly choices: "anthropic" | "openai" | "none";
  /** Whether reasoning makes the runtime leave out the temperature, and turn a forced tool choice into `auto`. */
  readonly reasoningExcludesChoices: boolean;
  /**
   * What reasoning does to the limit of tokens: `kept`; `added`: the tokens for reasoning are added to it, except for models
   * that choose their effort themselves; `unknown`.
   */
  readonly reasoningTokens: "kept" | "added" | "unknown";
  readonly takesUser: boolean;
  readonly takesCacheKey: boolean;
  /** The runtime raises a lower limit of tokens to this. */
  readonly minTokens: number;
}

const least: Abilities = {
  takesStop: false,
  choices: "none",
  reasoningExcludesChoices: false,
  reasoningTokens: "unknown",
  takesUser: false,
  takesCacheKey: false,
  minTokens: 1,
};

const responses: Abilities = {
  ...least,
  reasoningTokens: "kept",
  takesCacheKey: true,
  minTokens: 16,
};
const google: Abilities = { ...least, takesStop: true, reasoningTokens: "kept" };

const known: ReadonlyMap<string, Abilities> = new Map(
  Object.entries({
    "anthropic-messages": {
      ...least,
      takesStop: true,
      choices: "anthropic",
      reasoningExcludesChoices: true,
      reasoningTokens: "added",
      takesUser: true,
    } satisfies Abilities,
    "openai-completions": {
      ...least,
      takesStop: true,
      choices: "openai",
      reasoningTokens: "kept",
    } satisfies Abilities,
    "openai-responses": responses,
    "azure-openai-responses": responses,
    "openai-chatgpt-responses": responses,
    "google-generative-ai": google,
    "google-vertex": google,
    "mistral-conversations": { ...least, takesStop: true } satisfies Abilities,
  }),
);

/** @param api a model's `api` in the host. */
export function abilitiesOf(api: string): Abilities {
  return known.get(api) ?? least;
}
