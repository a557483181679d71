/** Translates the host's token counts into the relay's. */

import type { RunUsage, TokenUsage } from "../answer/token-usage.ts";

/** The relay's count: `tokensIn` includes cache reads and cache writes. */
export function tokenUsage(usage: RunUsage | undefined): TokenUsage {
  const tokensCached = usage?.cacheRead ?? 0;
  const tokensCacheWrite = usage?.cacheWrite ?? 0;
  return {
    tokensIn: (usage?.input ?? 0) + tokensCached + tokensCacheWrite,
    tokensOut: usage?.output ?? 0,
    tokensCached,
    tokensCacheWrite,
  };
}
