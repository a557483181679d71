/** OpenAI's error bodies: reads those of providers, writes those of the relay. */
import type { RelayError } from "../../errors.ts";
import { isRecord, parseRecord } from "../../text/json.ts";
import type { ProviderError } from "../protocol.ts";

/** Writes a relay error in OpenAI's envelope. An error that is reported as core's has no `param`. */
export function errorBody({ message, consequence, param, code, reportedAs }: RelayError): string {
  return JSON.stringify({
    error:
      reportedAs === undefined
        ? { message, type: consequence.type, param, code }
        : { message, type: reportedAs.type, code: reportedAs.code },
  });
}

/** Writes a relay error as a complete event of a stream. */
export function errorEvent(error: RelayError): string {
  return `data: ${errorBody(error)}\n\n`;
}

/** Reads an error body; undefined if the answer is not one. @param bytes the whole answer. */
export function readError(bytes: Buffer): ProviderError | undefined {
  const error = errorOf(bytes);
  return (
    error && {
      status: statusOf(error),
      message: error["message"],
      isContextLength: isContextLength(error),
    }
  );
}

type Json = Readonly<Record<string, unknown>>;

/** The `error` member; undefined if the answer also has `choices`. */
function errorOf(bytes: Buffer): Json | undefined {
  if (!bytes.includes('"error"')) {
    return undefined;
  }
  const { error, choices } = parseRecord(bytes.toString("utf8")) ?? {};
  return choices === undefined && isRecord(error) ? error : undefined;
}

/** Codes and types of OpenAI and llama.cpp for a conversation that is too long. */
const contextLengthWords: ReadonlySet<unknown> = new Set([
  "context_length_exceeded",
  "exceed_context_size_error",
  "context_window_exceeded",
]);

/** Part of vLLM's and OpenRouter's message for the same error. They have no code for it. */
const contextLengthSentence = "maximum context length is";

function isContextLength({ code, type, message }: Json): boolean {
  return (
    contextLengthWords.has(code) ||
    contextLengthWords.has(type) ||
    (typeof message === "string" && message.includes(contextLengthSentence))
  );
}

/** Statuses of error codes and types that are words. */
const statusOfWord: ReadonlyMap<string, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    context_length_exceeded: 400,
    exceed_context_size_error: 400,
    authentication_error: 401,
    invalid_api_key: 401,
    permission_error: 403,
    not_found_error: 404,
    model_not_found: 404,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    insufficient_quota: 429,
    server_error: 500,
    api_error: 500,
    overloaded_error: 503,
    service_unavailable: 503,
  }),
);

function statusOf(error: Json): number | undefined {
  for (const name of ["status", "code", "http_status", "type"]) {
    const value = error[name];
    const status = typeof value === "string" ? (statusOfWord.get(value) ?? Number(value)) : value;
    if (typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599) {
      return status;
    }
  }
  return undefined;
}
