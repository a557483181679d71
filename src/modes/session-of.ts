/** Which session a request belongs to. */
import type { RelayConfig } from "../config/schema.ts";
import { sessionKey } from "../sessions/session-key.ts";
import type { ModeRequest } from "./mode.ts";

/** @returns undefined for a request that names none. @throws RelayError as `sessionKey` does. */
export function sessionOf(request: ModeRequest, config: RelayConfig): string | undefined {
  return sessionKey({
    agentId: request.agentId,
    headers: request.clientHeaders,
    body: request.body.value,
    bodyPaths: config.sessions.bodyPaths,
    owner: request.grant?.id,
  });
}
