/** Classifies a provider's answer: pass it to the client, or count the attempt as failed. Pure. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError, type ErrorCode, type WholeAnswer } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { providerWords } from "./provider-words.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Whether the answer is a successful event stream. */
export function isEventStream(status: number, headers: HeaderFields): boolean {
  return is2xx(status) && mediaType(headers) === "text/event-stream";
}

/** Whether the client gets an answer with this status unchanged: it succeeded, or its error concerns the request. */
export function isForwardable(status: number): boolean {
  return is2xx(status) || (status >= 400 && failureCode(status) === undefined);
}

/** The provider that answered, and what was sent to it. */
export interface AnsweredBy {
  readonly provider: string;
  readonly protocol: Protocol;
  /** The secrets that were sent. An error body that repeats one is withheld. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Corrects the status of an error that came with a 2xx: the status that the error names, or 502.
 * @param answer complete and decompressed.
 */
export function withRealStatus(answer: WholeAnswer, protocol: Protocol): WholeAnswer {
  const error = is2xx(answer.status) ? protocol.readError(answer.bytes) : undefined;
  return error === undefined ? answer : { ...answer, status: error.status ?? 502 };
}

/**
 * Classifies a complete answer.
 * @returns the failure; undefined if the client gets the answer unchanged.
 */
export function failureOf(answer: WholeAnswer, by: AnsweredBy): RelayError | undefined {
  const { status, headers, bytes } = answer;
  if (status === 401) {
    return unauthorized(bytes, by);
  }
  if (isHtml(headers, bytes)) {
    return unreadable(by.provider, `answered with an HTML page (status ${status})`);
  }
  if (status >= 400) {
    if (by.secrets.some((secret) => bytes.includes(secret))) {
      return telling(answer, by);
    }
    const code =
      status === 400 && by.protocol.readError(bytes)?.isContextLength === true
        ? "upstream_context_length"
        : failureCode(status);
    return code === undefined
      ? undefined
      : new RelayError(
          code,
          `The provider ${JSON.stringify(by.provider)} answered with status ${status}.`,
          { answer, ...waitOf(headers, by.nowMs) },
        );
  }
  if (!is2xx(status)) {
    return unreadable(by.provider, `answered with a redirect (status ${status})`);
  }
  return looksLikeObject(bytes)
    ? undefined
    : unreadable(by.provider, "answered with something that is not a JSON object");
}

/** The failure for an answer that contains a secret: by its status only, without its body. */
export function telling(
  { status, headers }: Pick<WholeAnswer, "status" | "headers">,
  by: AnsweredBy,
): RelayError {
  if (status === 401) {
    return unauthorized(Buffer.alloc(0), by);
  }
  const what = `answered with status ${status} and a body that contains a secret of the gateway`;
  const code = status >= 400 ? failureCode(status) : undefined;
  return code === undefined
    ? unreadable(by.provider, what)
    : new RelayError(code, `The provider ${JSON.stringify(by.provider)} ${what}.`, {
        providerStatus: status,
        ...waitOf(headers, by.nowMs),
      });
}

/** The failure for an answer that is of no use to the client. */
export function unreadable(provider: string, what: string, cause?: unknown): RelayError {
  return new RelayError(
    "upstream_unreadable",
    `The provider ${JSON.stringify(provider)} ${what}. Try again later. The gateway's operator can check its baseUrl in models.providers.`,
    { cause },
  );
}

/**
 * The failure for a 401. It quotes the provider's message, but uses neither its status nor its body: the client would
 * believe that its own key is wrong.
 */
function unauthorized(bytes: Buffer, { provider, protocol, secrets }: AnsweredBy): RelayError {
  const words = providerWords(protocol.readError(bytes)?.message, secrets);
  return new RelayError(
    "upstream_unauthorized",
    `The provider ${JSON.stringify(provider)} refused the gateway's credential with status 401` +
      `${words === undefined ? "" : ` and the message ${JSON.stringify(words)}`}. ` +
      "The gateway's operator can check it with `openclaw models status`.",
    { providerStatus: 401 },
  );
}

/** The code for a status that does not blame the request, so another attempt, key or provider may succeed. */
function failureCode(status: number): ErrorCode | undefined {
  if (status === 429) {
    return "upstream_rate_limited";
  }
  if (status === 401) {
    return "upstream_unauthorized";
  }
  if (status === 403) {
    return "upstream_forbidden";
  }
  return status === 408 || status >= 500 ? "upstream_failed" : undefined;
}

function waitOf(headers: HeaderFields, nowMs: number): { retryAfterMs?: number } {
  const waitMs = retryAfterMs(headers, nowMs);
  return waitMs === undefined ? {} : { retryAfterMs: waitMs };
}

function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

function mediaType(headers: HeaderFields): string {
  const text = headerText(headers["content-type"]) ?? "";
  const end = text.indexOf(";");
  return (end === -1 ? text : text.slice(0, end)).trim().toLowerCase();
}

function isHtml(headers: HeaderFields, bytes: Buffer): boolean {
  const type = mediaType(headers);
  return (
    type === "text/html" ||
    type === "application/xhtml+xml" ||
    (type !== "application/json" && /^\s*<(?:!doctype|html)/i.test(bytes.toString("latin1", 0, 64)))
  );
}

/** Whether the bytes begin with `{` and end with `}`. A cheap test that detects truncated bodies. */
function looksLikeObject(bytes: Buffer): boolean {
  if (bytes[0] === openBrace && bytes.at(-1) === closeBrace) {
    return true;
  }
  const edges =
    bytes.length <= 128
      ? bytes.toString("latin1")
      : `${bytes.toString("latin1", 0, 64)}…${bytes.toString("latin1", bytes.length - 64)}`;
  return /^\s*\{[^]*\}\s*$/.test(edges);
}
