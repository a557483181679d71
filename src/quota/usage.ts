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
/** Tokens expected of an answer whose client sets no limit. */
const defaultTokensOut = 1000;
/** No model writes more. An unbounded number, such as JSON's `1e999`, would spoil every sum that it is part of. */
const maxTokensOut = 10_000_000;
/** Answers that a client may ask for in one request (`n`). */
const maxAnswers = 128;
/** A stream's event carries a token in about so many bytes, or in twice as many. */
const bytesPerStreamedToken = 150;
/** The JSON around the text in an event takes no more than so many bytes: in a larger one the rest is text. */
const maxEnvelopeBytes = 400;

function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}

/** A call whose provider reports no usage. */
export interface UncountedCall {
  /** The parsed request body. */
  readonly body: Readonly<Record<string, unknown>>;
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
  const { body, sentBytes, answerBytes, eventBytes, isOver } = call;
  const answer =
    eventBytes === undefined
      ? estimateTokens(answerBytes)
      : Math.ceil(answerBytes * tokensPerStreamedByte(eventBytes));
  const expected = expectedUsage(body, sentBytes);
  return { ...expected, tokensOut: isOver ? answer : Math.max(answer, expected.tokensOut) };
}

/** Some providers put one token into an event, others hundreds. */
function tokensPerStreamedByte(eventBytes: number): number {
  const textShare = Math.max(0, 1 - maxEnvelopeBytes / eventBytes);
  return Math.max(1 / bytesPerStreamedToken, textShare / bytesPerToken);
}

/**
 * What a request may take, before it is sent: its prompt by its bytes, its answers by the client's limit. Of two limits the larger
 * one counts, because a provider may know only that one.
 */
export function expectedUsage(
  body: Readonly<Record<string, unknown>>,
  bodyBytes: number,
): TokenUsage {
  const limits = [body["max_completion_tokens"], body["max_tokens"]].filter(isCount);
  const tokensEach = limits.length === 0 ? defaultTokensOut : Math.max(...limits);
  const answers = isCount(body["n"]) ? Math.min(Math.max(body["n"], 1), maxAnswers) : 1;
  const hasAnswer = body["messages"] !== undefined;
  return {
    tokensIn: estimateTokens(bodyBytes),
    tokensOut: hasAnswer ? Math.ceil(Math.min(tokensEach, maxTokensOut) * answers) : 0,
    tokensCached: 0,
    tokensCacheWrite: 0,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
