/**
 * Reads the errors of the Responses API: bodies `{error: {message, type, param, code}}`, events that are documented with
 * `code` and `message` at the top level and often come with an `error`, too, and the `error` of a failed response.
 */
import { isRecord, textOf } from "../../text/json.ts";
import { isContextLength, statusOf } from "../openai-error.ts";
import type { WireError } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** Codes of failed responses that are the request's fault. */
const badRequest: ReadonlySet<unknown> = new Set([
  "invalid_prompt",
  "data_residency_mismatch",
  "bio_policy",
  "misalignment_policy_violation",
  "invalid_image",
  "invalid_image_format",
  "invalid_base64_image",
  "invalid_image_url",
  "invalid_image_mode",
  "image_too_large",
  "image_too_small",
  "image_parse_error",
  "image_content_policy_violation",
  "image_file_too_large",
  "unsupported_image_media_type",
  "empty_image_file",
  "failed_to_download_image",
  "image_file_not_found",
]);

/** Reads an error body or an error event; undefined if it is neither. */
export function readError(body: Json): WireError | undefined {
  const error = errorOf(body);
  if (error === undefined) {
    return undefined;
  }
  const { code, type, message } = error;
  const status = badRequest.has(code) ? 400 : statusOf(error);
  return {
    status,
    message: textOf(message) ?? "",
    type: textOf(type) ?? (status === 400 ? "invalid_request_error" : "api_error"),
    code: textOf(code),
    isContextLength: isContextLength(error),
    retryAfterMs: undefined,
  };
}

function errorOf({ error, type, code, message }: Json): Json | undefined {
  if (isRecord(error)) {
    return error;
  }
  // xAI's `error` is the message.
  if (typeof error === "string") {
    return { code, message: error };
  }
  return type === "error" ? { code, message } : undefined;
}
