/** Errors of an agent turn, as core's endpoint reports them. */
import { type ErrorCode, RelayError } from "../errors.ts";

interface CoreErrorFacts {
  /** The HTTP status. */
  readonly status: number;
  readonly message: string;
  readonly type: string;
  /** The provider's error code, if it gave one. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** A 400 for an invalid request. @param message core's wording. */
export function refusal(message: string, cause?: unknown): RelayError {
  return agentError("invalid_body", { status: 400, message, type: "invalid_request_error", cause });
}

/**
 * A 500 for a run that failed for an unknown reason.
 * @param message shown to the client.
 */
export function agentFailed(message = "internal error", cause?: unknown): RelayError {
  return agentError("agent_failed", { status: 500, message, type: "api_error", cause });
}

/**
 * Turns a provider's 401 into a 502 for the holder of a virtual key. The 401 concerns the gateway's credential; passed on,
 * it would look as if the holder's own key were wrong.
 */
export function forKeyHolder(failure: unknown): unknown {
  return failure instanceof RelayError && failure.reportedAs?.status === 401
    ? agentError("agent_upstream_failed", {
        status: 502,
        message: `The agent's provider refused the gateway's credential: ${failure.message}`,
        type: "api_error",
        cause: failure,
      })
    : failure;
}

/** An error that is reported with core's status, type and code instead of the relay's. */
export function agentError(name: ErrorCode, facts: CoreErrorFacts): RelayError {
  const { status, message, type, code, cause } = facts;
  return new RelayError(name, message, { reportedAs: { status, type, code }, cause });
}
