/** Maps a failed agent run to the client's error, by core's own table (`resolveOpenAiCompatError` in openclaw 2026.9.6). */
import { describeFailoverError } from "openclaw/plugin-sdk/image-generation-core";
import { agentError, agentFailed, refusal } from "../protocols/core-error.ts";
import { RelayError } from "../errors.ts";

interface Consequence {
  readonly type: string;
  readonly status: number;
  /** Replaces the provider's message, which may quote a key or a prompt. */
  readonly message?: string;
}

/** By the host's name for the reason. A reason that is missing here is an internal error. */
const consequences: ReadonlyMap<string, Consequence> = new Map(
  Object.entries({
    auth: { type: "authentication_error", status: 401 },
    auth_permanent: { type: "permission_error", status: 403 },
    format: { type: "invalid_request_error", status: 400 },
    rate_limit: { type: "rate_limit_error", status: 429 },
    overloaded: { type: "api_error", status: 503, message: "upstream provider overloaded" },
    billing: { type: "insufficient_quota", status: 402 },
    server_error: { type: "api_error", status: 502, message: "upstream provider error" },
    timeout: { type: "api_error", status: 504, message: "upstream provider timeout" },
    tls_certificate: { type: "api_error", status: 502 },
    context_overflow: { type: "invalid_request_error", status: 413 },
    model_not_found: { type: "invalid_request_error", status: 404 },
    session_expired: { type: "invalid_request_error", status: 410 },
  }),
);

/** @param cause what the host threw; a RelayError is returned unchanged. */
export function agentFailure(cause: unknown): RelayError {
  if (cause instanceof RelayError) {
    return cause;
  }
  if (cause instanceof Error && cause.message.startsWith("client tool name conflict:")) {
    return refusal("invalid tool configuration");
  }
  if (cause instanceof Error && cause.name === "ToolAuthorizationError") {
    return agentError("missing_scope", {
      status: 403,
      message: cause.message,
      type: "permission_error",
    });
  }
  const described = describeFailoverError(cause);
  const consequence = consequences.get(described.reason ?? "");
  if (consequence === undefined) {
    return agentFailed(undefined, cause);
  }
  return agentError("agent_upstream_failed", {
    status: statusOf(described.reason, described.status, consequence),
    message:
      consequence.message ??
      (described.rawError?.trim() || described.message.trim() || "request failed"),
    type: consequence.type,
    code: described.code,
    cause,
  });
}

/** The provider's status. For server errors and timeouts only a 4xx is kept; other statuses become 502 or 504. */
function statusOf(
  reason: string | undefined,
  status: number | undefined,
  consequence: Consequence,
): number {
  const isClients = status !== undefined && status >= 400 && status < 500;
  return reason === "server_error" || reason === "timeout"
    ? isClients
      ? status
      : consequence.status
    : (status ?? consequence.status);
}
