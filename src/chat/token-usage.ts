/** Tokens, and what they cost. */

/** How many tokens a model call took. */
export interface TokenUsage {
  /** The whole prompt: fresh tokens, and those read from and written to the provider's cache. */
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** The part of the prompt that the provider read from its cache. */
  readonly tokensCached: number;
  /** The part of the prompt that the provider wrote to its cache. */
  readonly tokensCacheWrite: number;
}

/** US dollars for a million tokens. */
export interface TokenRates {
  readonly input: number;
  readonly output: number;
  /** For the part of a prompt that the provider reads from its cache. */
  readonly cacheRead: number;
  /** For the part of a prompt that the provider writes to its cache. */
  readonly cacheWrite: number;
}

/** Rates for prompts from a length on. */
interface PriceTier extends TokenRates {
  /** Of the whole prompt, in tokens, inclusive. */
  readonly fromTokens: number;
}

/** What a model costs. Where there are tiers, the prompt's length selects one, and its rates apply to the whole call. */
export interface ModelCost extends TokenRates {
  /** In ascending order of `fromTokens`; empty for a model with one price. */
  readonly tiers?: readonly PriceTier[];
}
