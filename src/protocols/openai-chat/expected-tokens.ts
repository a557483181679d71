/** Estimates the length of an answer from the limits in its request. Pure. */

/** Expected tokens of an answer if the client sets no limit. */
const defaultTokensOut = 1000;
/** No model writes more. Without this bound a number such as `1e999` would make all sums infinite. */
const maxTokensOut = 10_000_000;
/** Most answers that one request may ask for (`n`). */
const maxAnswers = 128;

/**
 * Returns the expected tokens of all answers to a chat completion together. Of two limits the larger one counts, because a
 * provider may know only that one.
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
