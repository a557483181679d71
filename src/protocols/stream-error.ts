/** The failure for an error that a provider sends within a stream. */
import type { AnswerEvent } from "../answer/answer-event.ts";
import type { WireError } from "./wire.ts";

export function streamError({
  status,
  message,
  type,
  code,
  isContextLength,
}: WireError): AnswerEvent {
  return {
    kind: "failure",
    failure: {
      status: status ?? (isContextLength ? 400 : 502),
      message,
      type,
      code: isContextLength ? "context_length_exceeded" : code,
    },
  };
}
