/** Sends the answers that the relay makes itself. */
import { type RelayError, asRelayError } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { responseHeaders, type ClientConnection } from "./client-connection.ts";

const jsonHeaders = ["content-type", "application/json; charset=utf-8"] as const;

export function sendJson(client: ClientConnection, status: number, value: unknown): void {
  client.send(status, jsonHeaders, Buffer.from(JSON.stringify(value)));
}

/** Answers a failed request: with the provider's own answer if there is one, else with the relay's error. */
export function sendFailure(
  client: ClientConnection,
  protocol: Protocol,
  failure: unknown,
): RelayError {
  const error = asRelayError(failure);
  // After keep-alives the answer is an event, so it must have the protocol's shape. A web server's error page does not.
  const fits =
    !client.isKeptAlive() || (error.answer && protocol.looksLikeError(error.answer.bytes));
  if (error.answer !== undefined && fits) {
    client.send(error.answer.status, responseHeaders(error.answer.headers), error.answer.bytes);
  } else {
    client.send(
      error.status,
      [...jsonHeaders, ...Object.entries(error.headers).flat()],
      Buffer.from(protocol.errorBody(error)),
    );
  }
  return error;
}
