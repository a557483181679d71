/** The errors of an agent's turn, in the words and the shape of core's endpoint. */
import { type ErrorCode, RelayError } from "../errors.ts";

interface AgentErrorFacts {
  /** The HTTP status. */
  readonly status: number;
  readonly message: string;
  readonly type: string;
  /** The provider's, where it has one. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** What is wrong with the request, in core's words. */
export function refusal(message: string, cause?: unknown): RelayError {
  return agentError("invalid_body", { status: 400, message, type: "invalid_request_error", cause });
}

/**
 * A run that ended badly, and nobody knows why.
 * @param message what may be said of it.
 */
export function agentFailed(message = "internal error", cause?: unknown): RelayError {
  return agentError("agent_failed", { status: 500, message, type: "api_error", cause });
}

/**
 * What the holder of a virtual key is told of a failed run: 502 in place of a provider's 401, which is about the gateway's
 * credential. As a 401 it would say that the holder's own key is wrong.
 */
export function forKeyHolder(failure: unknown): unknown {
  return failure instanceof RelayError && failure.answer?.status === 401
    ? agentError("agent_upstream_failed", {
        status: 502,
        message: `The agent's provider refused the gateway's credential: ${failure.message}`,
        type: "api_error",
        cause: failure,
      })
    : failure;
}

/** An error whose answer is core's envelope, without the `param` and the `code` that the relay's own errors have. */
export function agentError(name: ErrorCode, facts: AgentErrorFacts): RelayError {
  const { status, message, type, code, cause } = facts;
  return new RelayError(name, message, {
    answer: {
      status,
      headers: { "content-type": "application/json; charset=utf-8" },
      bytes: Buffer.from(JSON.stringify({ error: { message, type, code } })),
    },
    cause,
  });
}
