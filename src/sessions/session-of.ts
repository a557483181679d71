/** Finds the session of a request, by the config's rules. */
import type { RelayConfig } from "../config/schema.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { sessionKey } from "./session-key.ts";

interface SessionRequest {
  readonly agentId: string;
  readonly clientHeaders: HeaderFields;
  readonly body: { readonly value: Readonly<Record<string, unknown>> };
  /** The caller's virtual key; undefined for an operator. */
  readonly grant: { readonly id: string } | undefined;
}

/** @returns the session's key; undefined if the request names none. @throws RelayError as `sessionKey` does. */
export function sessionOf(request: SessionRequest, config: RelayConfig): string | undefined {
  return sessionKey({
    agentId: request.agentId,
    headers: request.clientHeaders,
    body: request.body.value,
    bodyPaths: config.sessions.bodyPaths,
    owner: request.grant?.id,
  });
}
