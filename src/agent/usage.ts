/** Token counts: from the host's buckets to OpenAI's. */

import type { TokenUsage } from "../answer/token-usage.ts";
import type { CompletionUsage } from "../protocols/openai-chat/completion.ts";

/** The host's count of a run, in tokens. */
export interface RunUsage {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  readonly total?: number | undefined;
}

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

/** As core counts: what was read from the cache is part of the prompt, what was written to it is not. */
export function completionUsage(usage: RunUsage | undefined): CompletionUsage {
  const cached = usage?.cacheRead ?? 0;
  const promptTokens = (usage?.input ?? 0) + cached;
  const completionTokens = usage?.output ?? 0;
  const reasoning = usage?.reasoningTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: Math.max(promptTokens + completionTokens, usage?.total ?? 0),
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}),
    ...(reasoning === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
