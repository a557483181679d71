/** What a provider's answer means: to be handed on, or a failed attempt. Pure. */
import { RelayError, type WholeAnswer } from "../errors.ts";
import type { HeaderFields } from "../chat/header-fields.ts";

/** Whether the answer is a stream of server-sent events that may be handed on as it comes. */
export function isEventStream(status: number, headers: HeaderFields): boolean {
  return isGood(status) && mediaType(headers) === "text/event-stream";
}

/** A status that says nothing about the request, so that another provider may do better. */
export function isProviderFailure(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/**
 * Judges an answer that was read whole.
 * @param provider the provider's id, for the message.
 * @param key the key that was sent; an error body that repeats it is withheld.
 * @returns undefined when the answer is the client's, as it is.
 */
export function failureOf(
  answer: WholeAnswer,
  provider: string,
  key: string | undefined,
): RelayError | undefined {
  const { status, headers, bytes } = answer;
  if (isHtml(headers, bytes)) {
    return unreadable(provider, `answered with an HTML page (status ${status})`);
  }
  if (status >= 400) {
    if (key !== undefined && bytes.includes(key)) {
      return unreadable(provider, `answered with status ${status} and a body that holds a key`);
    }
    return isProviderFailure(status)
      ? new RelayError(
          "upstream_status",
          `The provider ${JSON.stringify(provider)} answered with status ${status}.`,
          {
            answer,
          },
        )
      : undefined;
  }
  if (!isGood(status)) {
    return unreadable(provider, `answered with a redirect (status ${status})`);
  }
  return headers["content-encoding"] === undefined && !looksLikeObject(bytes)
    ? unreadable(provider, "answered with something that is not a JSON object")
    : undefined;
}

/** A failed attempt whose answer is of no use to the client. */
export function unreadable(provider: string, what: string, cause?: unknown): RelayError {
  return new RelayError(
    "upstream_unreadable",
    `The provider ${JSON.stringify(provider)} ${what}. Check its baseUrl in models.providers, or try again later.`,
    { cause },
  );
}

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function mediaType(headers: HeaderFields): string {
  const value = headers["content-type"];
  const text = Array.isArray(value) ? value[0] : value;
  return text?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
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
