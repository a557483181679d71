/** Reads Anthropic's error bodies, which its streams also have as events: `{type: "error", error: {type, message}}`. */
import { isRecord, textOf } from "../../text/json.ts";
import type { WireError } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** Statuses of the API's error types (docs.anthropic.com, "Errors"). */
const statuses: ReadonlyMap<unknown, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    request_too_large: 413,
    rate_limit_error: 429,
    api_error: 500,
    timeout_error: 504,
    overloaded_error: 529,
  }),
);

/** Part of the message for a conversation that is too long. The API has no code for it. */
const contextLengthSentences = ["prompt is too long", "exceed context limit"];

export function readError(body: Json): WireError | undefined {
  const { error } = body;
  if (!isRecord(error)) {
    return undefined;
  }
  const type = textOf(error["type"]) ?? "api_error";
  const message = textOf(error["message"]) ?? "";
  return {
    status: statuses.get(type),
    message,
    type,
    code: undefined,
    isContextLength: contextLengthSentences.some((sentence) => message.includes(sentence)),
    retryAfterMs: undefined,
  };
}
