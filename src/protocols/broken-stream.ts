/** The failure for a provider that breaks its own protocol within a stream. */
import type { AnswerEvent } from "../answer/answer-event.ts";

/** @param what the provider did, in the past tense. */
export function brokenStream(what: string): AnswerEvent {
  return {
    kind: "failure",
    failure: {
      status: 502,
      message: `The provider ${what}. The answer is incomplete. Try again later.`,
      type: "api_error",
      code: "upstream_unreadable",
    },
  };
}
