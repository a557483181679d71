/** The answers that the relay gives by itself. */
import { type RelayError, asRelayError } from "../errors.ts";
import { responseHeaders } from "../answer/response-headers.ts";
import type { ClientConnection } from "./client-connection.ts";

const jsonHeaders = ["content-type", "application/json; charset=utf-8"] as const;

export function sendJson(client: ClientConnection, status: number, value: unknown): void {
  client.send(status, jsonHeaders, Buffer.from(JSON.stringify(value)));
}

/** Answers a failed request: with the provider's own words where there are any, with OpenAI's envelope otherwise. */
export function sendFailure(client: ClientConnection, failure: unknown): RelayError {
  const error = asRelayError(failure);
  // As an event, an answer has to have OpenAI's shape; a web server's plain words have not.
  const fits = !client.keptAlive || error.answer?.bytes.includes('"error"');
  if (error.answer !== undefined && fits) {
    client.send(error.answer.status, responseHeaders(error.answer.headers), error.answer.bytes);
  } else {
    client.send(
      error.status,
      [...jsonHeaders, ...Object.entries(error.headers).flat()],
      Buffer.from(JSON.stringify(error.toEnvelope())),
    );
  }
  return error;
}
