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
