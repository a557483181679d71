/** The client's limit for an answer, which chat completions has by a newer and an older name. */
import type { Parameters } from "./parameters.ts";

interface MaxTokens {
  /** The name whose value counts. */
  readonly name: "max_completion_tokens" | "max_tokens";
  readonly value: number;
}

/** Takes both names; the newer one wins. @returns undefined if the client sets no limit. */
export function takeMaxTokens(parameters: Parameters): MaxTokens | undefined {
  const legacy = parameters.number("max_tokens");
  const current = parameters.number("max_completion_tokens");
  if (current !== undefined) {
    return { name: "max_completion_tokens", value: current };
  }
  return legacy === undefined ? undefined : { name: "max_tokens", value: legacy };
}
