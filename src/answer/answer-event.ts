/** An answer in pieces, in the words of no protocol: what a provider's stream says, read for a client of another protocol. */
import type { TokenUsage } from "./token-usage.ts";

/** Why an answer ended. */
export type AnswerFinish = "stop" | "length" | "tool_calls" | "content_filter";

/** An error within an answer that had begun as a success. */
export interface AnswerFailure {
  /** The HTTP status that says the same. */
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: string | undefined;
}

/**
 * State that only its provider can read, such as the signature of reasoning. The provider wants it back, unchanged, with the
 * answer that it belongs to.
 */
interface OpaqueState {
  /** The call that it belongs to, by its index; undefined if it belongs to the whole answer. */
  readonly callIndex?: number;
  /** The provider's own object, as it came. */
  readonly value: Readonly<Record<string, unknown>>;
}

export type AnswerEvent =
  | {
      readonly kind: "start";
      readonly id?: string | undefined;
      readonly model?: string | undefined;
    }
  /** @param logprobs of the text's tokens, as chat completions has them. */
  | {
      readonly kind: "text";
      readonly text: string;
      readonly logprobs?: readonly Readonly<Record<string, unknown>>[];
    }
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "refusal"; readonly text: string }
  /** @param index of the call among the answer's calls, from 0. */
  | { readonly kind: "call"; readonly index: number; readonly id: string; readonly name: string }
  /** More of a call's arguments, which are JSON. */
  | { readonly kind: "arguments"; readonly index: number; readonly text: string }
  | { readonly kind: "opaque"; readonly state: OpaqueState }
  | { readonly kind: "finish"; readonly reason: AnswerFinish }
  /** The counts so far. Later ones replace earlier ones. */
  | { readonly kind: "usage"; readonly usage: TokenUsage }
  | { readonly kind: "failure"; readonly failure: AnswerFailure };
