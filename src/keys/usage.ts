/** What a request used, and what that costs. Pure. */

import type { ModelCost, TokenUsage } from "../chat/token-usage.ts";

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
/** No model writes more. A number without bounds, such as JSON's `1e999`, would undo every sum that it is part of. */
const mostTokensOut = 10_000_000;
/** Answers that a client may ask for at once (`n`). */
const mostAnswers = 128;

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

/**
 * What a request may use, before it has: its prompt by its bytes, its answers by the limit that the client names. Of two limits
 * the larger one counts, because a provider may know only that.
 */
export function expectedUsage(
  body: Readonly<Record<string, unknown>>,
  bodyBytes: number,
): TokenUsage {
  const limits = [body["max_completion_tokens"], body["max_tokens"]].filter(isCount);
  const tokensEach = limits.length === 0 ? usualTokensOut : Math.max(...limits);
  const answers = isCount(body["n"]) ? Math.min(Math.max(body["n"], 1), mostAnswers) : 1;
  const hasAnswer = body["messages"] !== undefined;
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut: hasAnswer ? Math.ceil(Math.min(tokensEach, mostTokensOut) * answers) : 0,
    tokensCached: 0,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
