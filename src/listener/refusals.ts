/** Answers of the listener itself to requests that no handler gets. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import { type ErrorCode, RelayError } from "../errors.ts";
import { openAiChat } from "../protocols/openai-chat/protocol.ts";

/** A complete answer, after which the connection closes. */
export interface Refusal {
  readonly status: number;
  /** A flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Status line, headers and body, for a connection on which no request could be read. */
  readonly bytes: Buffer;
}

function refusal(
  code: ErrorCode,
  message: string,
  more: Readonly<Record<string, string>> = {},
): Refusal {
  const error = new RelayError(code, message);
  const body = Buffer.from(openAiChat.errorBody(error));
  const headers = [
    ["content-type", "application/json; charset=utf-8"],
    ["content-length", String(body.length)],
    ["connection", "close"],
    ...Object.entries(more),
  ];
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    ...headers.map((field) => field.join(": ")),
    "\r\n",
  ].join("\r\n");
  return {
    status: error.status,
    headers: headers.flat(),
    body,
    bytes: Buffer.concat([Buffer.from(head), body]),
  };
}

export const refusals = {
  malformed: refusal("invalid_request", "This is not a valid HTTP/1.1 request."),
  target: refusal(
    "invalid_request",
    "The request target must be a path, such as /v1/chat/completions.",
  ),
  host: refusal("invalid_request", "Send exactly one Host header."),
  version: refusal("invalid_request", "Use HTTP/1.1."),
  coding: refusal(
    "invalid_request",
    "The only transfer coding that is supported is `chunked`, over HTTP/1.1.",
  ),
  expectation: refusal("expectation_failed", "The only expectation that is met is 100-continue."),
  headers: refusal(
    "headers_too_large",
    "The request's headers are too large. Send less, or ask the gateway's operator to raise plugins.entries.passthrough.config.listen.maxHeaderBytes.",
  ),
  extensions: refusal("body_too_large", "The body's chunk extensions are too large."),
  health: refusal("method_not_allowed", "Use GET here.", { allow: "GET, HEAD" }),
  slow: refusal("request_timeout", "The request took too long to arrive."),
} as const;

export function sendRefusal(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.shouldKeepAlive = false;
  response.writeHead(status, [...headers]).end(body);
}

/** The answer to an error of Node's parser; undefined if the connection itself failed, so there is nobody to answer. */
export function refusalOf(code: string | undefined): Refusal | undefined {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return refusals.headers;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refusals.extensions;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refusals.slow;
    default:
      return code?.startsWith("HPE_") === true ? refusals.malformed : undefined;
  }
}
