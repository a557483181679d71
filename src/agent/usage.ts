/** Translates the host's token counts into the relay's. */

import { type RunUsage, tokenCount, type TokenUsage } from "../answer/token-usage.ts";

/** The relay's count: `tokensIn` includes cache reads and cache writes. */
export function tokenUsage(usage: RunUsage | undefined): TokenUsage {
  const tokensCached = tokenCount(usage?.cacheRead);
  const tokensCacheWrite = tokenCount(usage?.cacheWrite);
  return {
    tokensIn: tokenCount(usage?.input) + tokensCached + tokensCacheWrite,
    tokensOut: tokenCount(usage?.output),
    tokensCached,
    tokensCacheWrite,
    ...(usage?.reasoningTokens === undefined
      ? {}
      : { tokensReasoning: tokenCount(usage.reasoningTokens) }),
  };
}
