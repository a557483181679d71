/** Reads Google's errors, which its streams also have as events: `{error: {code, message, status, details}}`. */
import { isRecord } from "../../text/json.ts";
import type { WireError } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

interface Meaning {
  readonly status: number;
  readonly type: string;
}

/** The status words of google.rpc.Code that the API documents (ai.google.dev/gemini-api/docs/troubleshooting). */
const meanings: ReadonlyMap<unknown, Meaning> = new Map(
  Object.entries({
    INVALID_ARGUMENT: { status: 400, type: "invalid_request_error" },
    FAILED_PRECONDITION: { status: 400, type: "invalid_request_error" },
    UNAUTHENTICATED: { status: 401, type: "authentication_error" },
    PERMISSION_DENIED: { status: 403, type: "permission_error" },
    NOT_FOUND: { status: 404, type: "not_found_error" },
    RESOURCE_EXHAUSTED: { status: 429, type: "rate_limit_error" },
    INTERNAL: { status: 500, type: "api_error" },
    UNAVAILABLE: { status: 503, type: "api_error" },
    DEADLINE_EXCEEDED: { status: 504, type: "api_error" },
  }),
);

/** Part of the message for a conversation that is too long. The API has no code for it. */
const contextLengthSentence = "exceeds the maximum number of tokens";

export function readError({ error }: Json): WireError | undefined {
  if (!isRecord(error)) {
    return undefined;
  }
  const message = typeof error["message"] === "string" ? error["message"] : "";
  const details = Array.isArray(error["details"]) ? error["details"].filter(isRecord) : [];
  // An invalid key is an invalid argument to Google, although it concerns no other credential.
  const isKey = details.some(({ reason }) => reason === "API_KEY_INVALID");
  const word = isKey ? "UNAUTHENTICATED" : error["status"];
  const { status = statusOf(error["code"]), type = "api_error" } = meanings.get(word) ?? {};
  return {
    status,
    message,
    type,
    code: typeof word === "string" ? word : undefined,
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
