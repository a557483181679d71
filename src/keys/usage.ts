/** What a request used, and what that costs. Pure. */

import type { TokenUsage } from "../chat/token-usage.ts";
import type { ModelCost } from "../routing/route.ts";

export function costUsd(usage: TokenUsage, cost: ModelCost | undefined): number {
  if (cost === undefined) {
    return 0;
  }
  const fresh = Math.max(0, usage.tokensIn - usage.tokensCached);
  return (
    (fresh * cost.input + usage.tokensCached * cost.cacheRead + usage.tokensOut * cost.output) /
    1_000_000
  );
}

/** A token is about so many bytes. */
const bytesPerToken = 4;
/** What is expected of an answer whose client names no limit. */
const usualTokensOut = 1000;

/** An event of a stream has one token and about so many bytes. */
const bytesPerEvent = 150;

function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

interface AnswerSize {
  readonly bytes: number;
  readonly isStream: boolean;
}

/** What a request took whose provider does not say so. */
export function estimatedUsage(bodyBytes: number, { bytes, isStream }: AnswerSize): TokenUsage {
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut: isStream ? Math.ceil(bytes / bytesPerEvent) : estimateTokens(bytes),
    tokensCached: 0,
  };
}

/** What a request may use, before it has: its prompt by its bytes, its answer by the limit that the client names. */
export function expectedUsage(
  body: Readonly<Record<string, unknown>>,
  bodyBytes: number,
): TokenUsage {
  const named = body["max_completion_tokens"] ?? body["max_tokens"];
  const hasAnswer = body["messages"] !== undefined;
  const tokensOut = typeof named === "number" && named >= 0 ? named : usualTokensOut;
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut: hasAnswer ? tokensOut : 0,
    tokensCached: 0,
  };
}
