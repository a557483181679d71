/** Tokens, and what they cost. */

/** How many tokens a request took. */
export interface TokenUsage {
  /** The prompt, with what of it was read from the provider's cache. */
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** The part of the prompt that was read from the provider's cache. */
  readonly tokensCached: number;
}

/** US dollars for a million tokens. */
export interface ModelCost {
  readonly input: number;
  readonly output: number;
  /** For the part of a prompt that the provider has in its cache. */
  readonly cacheRead: number;
}
