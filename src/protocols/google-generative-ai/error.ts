/** Reads Google's errors, which its streams also have as events: `{error: {code, message, status, details}}`. */
import { isRecord, recordsOf, textOf } from "../../text/json.ts";
import type { WireError } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** The status words of google.rpc.Code that the API documents (ai.google.dev/gemini-api/docs/troubleshooting). */
const statuses: ReadonlyMap<unknown, number> = new Map([
  ["INVALID_ARGUMENT", 400],
  ["FAILED_PRECONDITION", 400],
  ["UNAUTHENTICATED", 401],
  ["PERMISSION_DENIED", 403],
  ["NOT_FOUND", 404],
  ["RESOURCE_EXHAUSTED", 429],
  ["INTERNAL", 500],
  ["UNAVAILABLE", 503],
  ["DEADLINE_EXCEEDED", 504],
]);

/** The kinds of errors that clients tell apart among those that are not the provider's fault. */
const types: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [429, "rate_limit_error"],
]);

/** Part of the message for a conversation that is too long. The API has no code for it. */
const contextLengthSentence = "exceeds the maximum number of tokens";

export function readError({ error }: Json): WireError | undefined {
  if (!isRecord(error)) {
    return undefined;
  }
  const message = textOf(error["message"]) ?? "";
  const details = recordsOf(error["details"]);
  // An invalid key is an invalid argument to Google, although it concerns no other credential.
  const isKey = details.some(({ reason }) => reason === "API_KEY_INVALID");
  const word = isKey ? "UNAUTHENTICATED" : error["status"];
  const status = statuses.get(word) ?? statusOf(error["code"]);
  const isFailure = status === undefined || status >= 500;
  return {
    status,
    message,
    type: isFailure ? "api_error" : (types.get(status) ?? "invalid_request_error"),
    code: textOf(word),
    isContextLength: message.includes(contextLengthSentence),
    retryAfterMs: retryDelayMs(details),
  };
}

function statusOf(code: unknown): number | undefined {
  return typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599
    ? code
    : undefined;
}

/** `google.rpc.RetryInfo` has a duration in seconds, such as "34.4s". */
function retryDelayMs(details: readonly Json[]): number | undefined {
  for (const { retryDelay } of details) {
    const [, seconds] =
      typeof retryDelay === "string" ? (/^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(retryDelay) ?? []) : [];
    if (seconds !== undefined) {
      return Math.ceil(Number(seconds) * 1000);
    }
  }
  return undefined;
}
