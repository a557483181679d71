/** The failure that an error of a provider is: as a whole answer, or within a stream. */
import type { AnswerEvent, AnswerFailure } from "../answer/answer-event.ts";
import type { WireError } from "./wire.ts";

/** @param httpStatus of an error that states none itself. */
export function failureOf(
  { status, message, type, code, isContextLength }: WireError,
  httpStatus: number,
): AnswerFailure {
  return {
    status: status ?? httpStatus,
    message,
    type,
    code: isContextLength ? "context_length_exceeded" : code,
  };
}

/** An error that a provider sends within a stream. */
export function streamError(error: WireError): AnswerEvent {
  return { kind: "failure", failure: failureOf(error, error.isContextLength ? 400 : 502) };
}
