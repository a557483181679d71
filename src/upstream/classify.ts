/** What a provider's answer means: to be handed on, or a failed attempt. Pure. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { RelayError, type ErrorCode, type WholeAnswer } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { providerWords } from "./provider-words.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Whether the answer is a stream of server-sent events that may be handed on as it comes. */
export function isEventStream(status: number, headers: HeaderFields): boolean {
  return isGood(status) && mediaType(headers) === "text/event-stream";
}

/** Whether an answer is about the request rather than about the provider: it is the client's, as it is. */
export function isClients(status: number): boolean {
  return isGood(status) || (status >= 400 && failureCode(status) === undefined);
}

/** What is known of the provider that gave an answer. */
export interface AnsweredBy {
  readonly provider: string;
  readonly protocol: Protocol;
  /** The secrets that were sent; an error body that repeats one is withheld. */
  readonly secrets: readonly string[];
  /** The time as `Date.now` gives it. */
  readonly nowMs: number;
}

/**
 * The answer with its real status: an error that came with a 200 has the one that it names, or 502.
 * @param answer read whole, not compressed.
 */
export function withRealStatus(answer: WholeAnswer, protocol: Protocol): WholeAnswer {
  const error = isGood(answer.status) ? protocol.readError(answer.bytes) : undefined;
  return error === undefined ? answer : { ...answer, status: error.status ?? 502 };
}

/**
 * Judges an answer that was read whole.
 * @returns undefined when the answer is the client's, as it is.
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
  if (!isGood(status)) {
    return unreadable(by.provider, `answered with a redirect (status ${status})`);
  }
  return looksLikeObject(bytes)
    ? undefined
    : unreadable(by.provider, "answered with something that is not a JSON object");
}

/** The failure that an answer is which holds a secret: what its status says, without its words. */
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

/** A failed attempt whose answer is of no use to the client. */
export function unreadable(provider: string, what: string, cause?: unknown): RelayError {
  return new RelayError(
    "upstream_unreadable",
    `The provider ${JSON.stringify(provider)} ${what}. Try again later. The gateway's operator can check its baseUrl in models.providers.`,
    { cause },
  );
}

/**
 * A 401. The provider's words go into a message of ours: with its status or its body, the client would believe that its own key
 * was wrong.
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

/** A status that says nothing about the request, so that another attempt, key or provider may do better. */
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

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function mediaType(headers: HeaderFields): string {
  const [type = ""] = headerText(headers["content-type"])?.split(";", 1) ?? [];
  return type.trim().toLowerCase();
}

function isHtml(headers: HeaderFields, bytes: Buffer): boolean {
  const type = mediaType(headers);
  return (
    type === "text/html" ||
    type === "application/xhtml+xml" ||
    (type !== "application/json" && /^\s*<(?:!doctype|html)/i.test(bytes.toString("latin1", 0, 64)))
  );
}

/** Whether the bytes begin and end as a JSON object does: cheap, and enough to tell a body that broke off. */
function looksLikeObject(bytes: Buffer): boolean {
  const edges =
    bytes.length <= 128
      ? bytes.toString("latin1")
      : `${bytes.toString("latin1", 0, 64)}…${bytes.toString("latin1", bytes.length - 64)}`;
  return /^\s*\{[^]*\}\s*$/.test(edges);
}
