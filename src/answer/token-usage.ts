/** Tokens of a model call. */
export interface TokenUsage {
  /** The whole prompt, including tokens read from and written to the provider's cache. */
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** The part of the prompt that the provider read from its cache. */
  readonly tokensCached: number;
  /** The part of the prompt that the provider wrote to its cache. */
  readonly tokensCacheWrite: number;
  /** The part of `tokensOut` that is reasoning; left out where the provider does not say. */
  readonly tokensReasoning?: number | undefined;
}

/** The usage of several calls. */
export function sumOfUsage(a: TokenUsage | undefined, b: TokenUsage): TokenUsage {
  return a === undefined
    ? b
    : {
        tokensIn: a.tokensIn + b.tokensIn,
        tokensOut: a.tokensOut + b.tokensOut,
        tokensCached: a.tokensCached + b.tokensCached,
        tokensCacheWrite: a.tokensCacheWrite + b.tokensCacheWrite,
        tokensReasoning: (a.tokensReasoning ?? 0) + (b.tokensReasoning ?? 0),
      };
}

/** The host's token counts for an agent run. `input` excludes cached tokens. */
export interface RunUsage {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly total?: number | undefined;
}

/**
 * A count of tokens as a provider or the host reports it; 0 for anything that is not one. Bounded, because a sum that
 * overflowed would stand in the usage file as `null`, and make it unreadable for all keys.
 */
export function tokenCount(value: unknown): number {
  const isCount = typeof value === "number" && Number.isFinite(value) && value > 0;
  return isCount ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}
