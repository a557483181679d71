/** What a model's tokens cost. */

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

/** Where there are tiers, the prompt's length selects one, and its rates apply to the whole call. */
export interface ModelCost extends TokenRates {
  /** In ascending order of `fromTokens`; empty for a model with one price. */
  readonly tiers?: readonly PriceTier[];
}
