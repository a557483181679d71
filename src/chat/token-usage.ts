/** How many tokens a request took. */
export interface TokenUsage {
  /** The prompt, with what of it was read from the provider's cache. */
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** The part of the prompt that was read from the provider's cache. */
  readonly tokensCached: number;
}
