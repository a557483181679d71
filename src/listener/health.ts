/** `/healthz`: whether the data plane serves. Without authentication, in the shape of the gateway's own. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { refusals, sendRefusal } from "./refusals.ts";

export function isHealthCheck({ url = "" }: IncomingMessage): boolean {
  return url === "/healthz" || url.startsWith("/healthz?");
}

const answers = {
  live: { status: 200, body: '{"ok":true,"status":"live"}' },
  unavailable: { status: 503, body: '{"ok":false,"status":"unavailable"}' },
  draining: { status: 503, body: '{"ok":false,"status":"draining"}' },
} as const;

export function answerHealth(
  { method }: IncomingMessage,
  response: ServerResponse,
  health: keyof typeof answers,
): void {
  if (method !== "GET" && method !== "HEAD") {
    sendRefusal(response, refusals.health);
    return;
  }
  const { status, body } = answers[health];
  response
    .writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": body.length,
      "cache-control": "no-store",
    })
    .end(body);
}
