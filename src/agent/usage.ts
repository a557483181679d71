/** Token counts: from the host's buckets to those of the relay's books. */

import type { RunUsage, TokenUsage } from "../answer/token-usage.ts";

/** For the relay's own books. */
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
