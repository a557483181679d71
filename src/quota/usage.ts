/** Expected, estimated and priced usage of model calls. Pure. */

import type { TokenUsage } from "../answer/token-usage.ts";
import type { ModelCost, TokenRates } from "../routing/model-cost.ts";

/** US dollars for one model call; 0 if the model's price is unknown. */
export function costUsd(usage: TokenUsage, cost: ModelCost | undefined): number {
  if (cost === undefined) {
    return 0;
  }
  const { tokensIn, tokensOut, tokensCached, tokensCacheWrite } = usage;
  const rates = ratesFor(tokensIn, cost);
  const fresh = Math.max(0, tokensIn - tokensCached - tokensCacheWrite);
  return (
    (fresh * rates.input +
      tokensCached * rates.cacheRead +
      tokensCacheWrite * rates.cacheWrite +
      tokensOut * rates.output) /
    1_000_000
  );
}

/** The last tier that starts at or below the prompt's length. A prompt below all tiers has the first tier's rates. */
function ratesFor(tokensIn: number, cost: ModelCost): TokenRates {
  const { tiers } = cost;
  return tiers === undefined
    ? cost
    : (tiers.findLast(({ fromTokens }) => tokensIn >= fromTokens) ?? tiers[0] ?? cost);
}

/** Average for English text and JSON. */
const bytesPerToken = 4;
/** Least bytes of an event that carries one token. Some providers need twice as many. */
const bytesPerStreamedToken = 150;
/** Most bytes of the JSON around the text in an event. In a larger event the rest is text. */
const maxEnvelopeBytes = 400;

function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** A call whose provider reports no usage. */
export interface UncountedCall {
  /** Expected tokens of all its answers together. */
  readonly expectedTokensOut: number;
  /** Bytes sent to the provider. */
  readonly sentBytes: number;
  /** Bytes received of the answer. */
  readonly answerBytes: number;
  /** Average bytes of the answer's events; undefined for an answer that is not an event stream. */
  readonly eventBytes: number | undefined;
  /**
   * Whether the provider has stopped working on it: the answer is complete, or it is a stream, which providers stop when
   * the connection closes. They finish a JSON answer even after a disconnect.
   */
  readonly isOver: boolean;
}

/** Estimates an uncounted call: prompt plus answer so far, or plus the expected answer if the provider may still write. */
export function estimatedUsage(call: UncountedCall): TokenUsage {
  const { expectedTokensOut, sentBytes, answerBytes, eventBytes, isOver } = call;
  const answer =
    eventBytes === undefined
      ? estimateTokens(answerBytes)
      : Math.ceil(answerBytes * tokensPerStreamedByte(eventBytes));
  return expectedUsage(isOver ? answer : Math.max(answer, expectedTokensOut), sentBytes);
}

/** Depends on the size of events, because some providers put one token into an event, others hundreds. */
function tokensPerStreamedByte(eventBytes: number): number {
  const textShare = Math.max(0, 1 - maxEnvelopeBytes / eventBytes);
  return Math.max(1 / bytesPerStreamedToken, textShare / bytesPerToken);
}

/**
 * The expected usage of a request that is not sent yet. The prompt's tokens are estimated from its bytes.
 * @param tokensOut expected tokens of all answers together.
 */
export function expectedUsage(tokensOut: number, bodyBytes: number): TokenUsage {
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut,
    tokensCached: 0,
    tokensCacheWrite: 0,
  };
}
