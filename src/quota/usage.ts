/** How many tokens a model call takes, expected and afterwards, and what they cost. Pure. */

import type { TokenUsage } from "../answer/token-usage.ts";
import type { ModelCost, TokenRates } from "../routing/model-cost.ts";

/** US dollars for one model call. A model without a known price costs nothing. */
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

/** The last tier that begins at the prompt's length or before; a prompt below all tiers has the first one's rates. */
function ratesFor(tokensIn: number, { tiers = [], ...flat }: ModelCost): TokenRates {
  return tiers.findLast(({ fromTokens }) => tokensIn >= fromTokens) ?? tiers[0] ?? flat;
}

/** The average of English text and JSON. */
const bytesPerToken = 4;
/** A stream's event carries a token in about so many bytes, or in twice as many. */
const bytesPerStreamedToken = 150;
/** The JSON around the text in an event takes no more than so many bytes: in a larger one the rest is text. */
const maxEnvelopeBytes = 400;

function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** A call whose provider reports no usage. */
export interface UncountedCall {
  /** What its answers may have together. */
  readonly expectedTokensOut: number;
  /** What was sent to the provider. */
  readonly sentBytes: number;
  /** What came of the answer. */
  readonly answerBytes: number;
  /** What an event of the answer has on average; undefined for an answer that is no event stream. */
  readonly eventBytes: number | undefined;
  /**
   * Whether the provider works no more on it: the answer came to its end, or the request was for a stream, which a provider ends
   * when its reader leaves. A provider goes on with a request for JSON whose caller has left.
   */
  readonly isOver: boolean;
}

/** What such a call took: its prompt and the answer so far or, while the provider may still be at work, all that it may write. */
export function estimatedUsage(call: UncountedCall): TokenUsage {
  const { expectedTokensOut, sentBytes, answerBytes, eventBytes, isOver } = call;
  const answer =
    eventBytes === undefined
      ? estimateTokens(answerBytes)
      : Math.ceil(answerBytes * tokensPerStreamedByte(eventBytes));
  return expectedUsage(isOver ? answer : Math.max(answer, expectedTokensOut), sentBytes);
}

/** Some providers put one token into an event, others hundreds. */
function tokensPerStreamedByte(eventBytes: number): number {
  const textShare = Math.max(0, 1 - maxEnvelopeBytes / eventBytes);
  return Math.max(1 / bytesPerStreamedToken, textShare / bytesPerToken);
}

/**
 * What a request may take, before it is sent: its prompt by its bytes, and its answers.
 * @param tokensOut what its answers may have together.
 */
export function expectedUsage(tokensOut: number, bodyBytes: number): TokenUsage {
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut,
    tokensCached: 0,
    tokensCacheWrite: 0,
  };
}
