/** How long an answer may become, by the limits that its request sets. Pure. */

/** Tokens expected of an answer whose client sets no limit. */
const defaultTokensOut = 1000;
/** No model writes more. An unbounded number, such as JSON's `1e999`, would make every sum it enters infinite. */
const maxTokensOut = 10_000_000;
/** Answers that a client may ask for in one request (`n`). */
const maxAnswers = 128;

/**
 * Tokens that all answers of a chat completion may have together. Of two limits the larger one counts, because a provider may know
 * only that one.
 * @param body the parsed body.
 */
export function expectedTokensOut(body: Readonly<Record<string, unknown>>): number {
  const limits = [body["max_completion_tokens"], body["max_tokens"]].filter(isCount);
  const tokensEach = limits.length === 0 ? defaultTokensOut : Math.max(...limits);
  const answers = isCount(body["n"]) ? Math.min(Math.max(body["n"], 1), maxAnswers) : 1;
  return Math.ceil(Math.min(tokensEach, maxTokensOut) * answers);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}
