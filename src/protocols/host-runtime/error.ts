/**
 * Reads the last message of a failed call. The runtime states the provider's status as a code, at the beginning of its text,
 * or only by the kind of error in the provider's body; and the time to wait at the end of its text.
 */
import { isRecord, parseRecord } from "../../text/json.ts";
import type { RuntimeFailure } from "../runtime.ts";

type Json = Readonly<Record<string, unknown>>;

/** Longer texts are cut off before they are read. The runtime's own bound is 4,096. */
const maxTextLength = 8192;
const maxMessageLength = 2000;

/** Statuses of the kinds of error that vendors name: Anthropic's, OpenAI's, Google's and AWS's. */
const statuses: ReadonlyMap<unknown, number> = new Map(
  Object.entries({
    invalid_request_error: 400,
    INVALID_ARGUMENT: 400,
    FAILED_PRECONDITION: 400,
    ValidationException: 400,
    context_length_exceeded: 400,
    authentication_error: 401,
    invalid_api_key: 401,
    UNAUTHENTICATED: 401,
    billing_error: 402,
    permission_error: 403,
    PERMISSION_DENIED: 403,
    AccessDeniedException: 403,
    not_found_error: 404,
    NOT_FOUND: 404,
    model_not_found: 404,
    ResourceNotFoundException: 404,
    request_too_large: 413,
    rate_limit_error: 429,
    rate_limit_exceeded: 429,
    insufficient_quota: 429,
    RESOURCE_EXHAUSTED: 429,
    ThrottlingException: 429,
    api_error: 500,
    server_error: 500,
    INTERNAL: 500,
    InternalServerException: 500,
    UNAVAILABLE: 503,
    ServiceUnavailableException: 503,
    DEADLINE_EXCEEDED: 504,
    timeout_error: 504,
    overloaded_error: 529,
  }),
);

/** Parts of the messages for a conversation that is too long. */
const contextLengthSentences = [
  "prompt is too long",
  "exceed context limit",
  "maximum context length",
  "context_length_exceeded",
  "exceeds the maximum number of tokens",
  "input is too long for requested model",
];

/** Codes of connections that could not be opened, or broke. */
const connectionCodes =
  /^(?:E(?:CONN(?:REFUSED|RESET|ABORTED)|HOSTUNREACH|NETUNREACH|PIPE|TIMEDOUT|AI_AGAIN|NOTFOUND)|UND_ERR_\w+|ERR_(?:TLS|SSL)_\w+)$/;
/** What SDKs say of such a connection. */
const connectionSentences = [
  "connection error",
  "fetch failed",
  "socket hang up",
  "terminated",
  "other side closed",
  "network error",
  "econnrefused",
  "econnreset",
];

/** @param message the runtime's last message. */
export function readRuntimeError(message: Json): RuntimeFailure {
  const text = textOf(message["errorMessage"]).slice(0, maxTextLength);
  const body = bodyOf(text);
  const error = isRecord(body?.["error"]) ? body["error"] : (body ?? {});
  const code = textOf(message["errorCode"]);
  const status =
    statusOf(/^(\d{3})(?!\d)/.exec(text)?.[1]) ??
    statusOf(/^(\d{3})$/.exec(code)?.[1]) ??
    [error["type"], error["status"], error["code"], message["errorType"], code]
      .map((name) => statuses.get(name) ?? statusOf(name))
      .find((known) => known !== undefined);
  const words = textOf(error["message"]) || plainText(text);
  const kind = textOf(error["type"]) || textOf(message["errorType"]);
  if (status === undefined && isConnectionFailure(code, text)) {
    return { kind: "unreachable", message: words };
  }
  if (text.startsWith("No API provider registered")) {
    return { kind: "unknown-api", message: words };
  }
  if (text.startsWith("No API key for provider")) {
    return { kind: "no-key", message: words };
  }
  const isContextLength = contextLengthSentences.some((part) => text.includes(part));
  return {
    kind: "status",
    status: status ?? (isContextLength ? 400 : 502),
    message: words.slice(0, maxMessageLength),
    type: kind || "api_error",
    code: isContextLength ? "context_length_exceeded" : namedCode(error["code"] ?? code),
    retryAfterMs: retryAfterMs(text, error),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function statusOf(value: unknown): number | undefined {
  const status = Number(value);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}

/** A code that is a name: a number repeats the status, and `***` is what the runtime has hidden. */
function namedCode(code: unknown): string | undefined {
  return typeof code === "string" && /^[a-z][\w.-]{0,63}$/i.test(code) ? code : undefined;
}

/** The provider's error body, which some of the runtime's texts quote. */
function bodyOf(text: string): Json | undefined {
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  return from === -1 || to < from ? undefined : parseRecord(text.slice(from, to + 1));
}

const retryAfter = /; Retry-After: (\d{1,9}(?:\.\d{1,9})?) seconds$/;

/** The text without what the runtime has put around it. */
function plainText(text: string): string {
  return text
    .replace(retryAfter, "")
    .replace(/^\d{3}(?::| )\s*/, "")
    .trim();
}

/** Google states the time in the body: `{"@type": "…RetryInfo", "retryDelay": "34.4s"}`. */
function retryAfterMs(text: string, error: Json): number | undefined {
  const stated = retryAfter.exec(text)?.[1];
  const details = Array.isArray(error["details"]) ? error["details"] : [];
  const delays = details.map((detail) =>
    isRecord(detail)
      ? /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(textOf(detail["retryDelay"]))?.[1]
      : undefined,
  );
  const seconds = stated ?? delays.find((delay) => delay !== undefined);
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

function isConnectionFailure(code: string, text: string): boolean {
  const lowered = text.toLowerCase();
  return (
    connectionCodes.test(code) || connectionSentences.some((sentence) => lowered.includes(sentence))
  );
}
