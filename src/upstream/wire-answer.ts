/** Whole answers of a provider that speaks another protocol than the client. */
import type { WholeAnswer } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { failureOf } from "../protocols/wire-failure.ts";
import type { Wire } from "../protocols/wire.ts";
import { parseRecord } from "../text/json.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { type AnswerHead, failedAnswer } from "./client-answer.ts";

/** A longer body is not read, unless it is the answer that was asked for. */
export const maxOtherBytes = 1024 * 1024;

/** The head of an answer whose body is written anew. */
export function headOf(wire: Wire, status: number, headers: HeaderFields): AnswerHead {
  const { "content-length": _, ...others } = wire.answerHeaders(headers);
  return { status, headers: others };
}

/** An answer that is not the one that was asked for, as a provider of the client's protocol would send it. */
export function otherAnswer(
  { status, headers, bytes }: WholeAnswer,
  { wire, protocol }: { readonly wire: Wire; readonly protocol: Pick<Protocol, "failureBody"> },
): WholeAnswer {
  const body = parseRecord(alone(bytes.toString("utf8")));
  const error = body && wire.readError(body, headers);
  if (error !== undefined) {
    const { retryAfterMs } = error;
    // An error that came with a success has its own status, or none.
    const failure = { ...failureOf(error, status < 400 ? 502 : status), retryAfterMs };
    // Some providers answer 400 to everything that is the caller's fault, and tell only in the body that it is the key's.
    const real = status === 400 ? (error.status ?? 400) : status;
    return failedAnswer(headOf(wire, real, headers), failure, protocol);
  }
  // Not in the provider's words: a proxy's page, or another kind of success than the one that was asked for.
  return { status: status < 300 ? 502 : status, headers, bytes };
}

/** The only element of an array: Google's streams wrap their error in one. */
function alone(text: string): string {
  const json = text.trim();
  return json.startsWith("[") ? json.slice(1, -1) : json;
}
