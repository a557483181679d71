/** Prices of a model's tokens. */

/** US dollars per million tokens. */
export interface TokenRates {
  readonly input: number;
  readonly output: number;
  /** For prompt tokens that the provider reads from its cache. */
  readonly cacheRead: number;
  /** For prompt tokens that the provider writes to its cache. */
  readonly cacheWrite: number;
}

/** Rates for prompts of at least a certain length. */
interface PriceTier extends TokenRates {
  /** Least length of the whole prompt, in tokens. */
  readonly fromTokens: number;
}

/** If there are tiers, the prompt's length selects one, whose rates apply to the whole call. */
export interface ModelCost extends TokenRates {
  /** In ascending order of `fromTokens`; empty for a model with one price. */
  readonly tiers?: readonly PriceTier[];
}
