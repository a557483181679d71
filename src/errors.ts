/**
 * The plugin's only error class, and the consequences of each of its codes for the client and for further attempts.
 */

/** The kind of an error, by names that OpenAI and Anthropic share. */
type ErrorType =
  | "invalid_request_error"
  | "permission_error"
  | "rate_limit_error"
  | "insufficient_quota"
  | "api_error";

interface Consequence {
  /** The HTTP status that the client sees. */
  readonly status: number;
  readonly type: ErrorType;
  /** Whether to try the next target: nothing was sent to the client, and another provider may succeed. */
  readonly fallback: boolean;
  /** Whether to retry the same target: soon, or after a growing pause. */
  readonly retry: "never" | "soon" | "later";
  /** What the error says about the provider's health. */
  readonly health: "bad" | "neutral" | "good";
  /** Who is at fault; "nobody" if the client disconnected. */
  readonly fault: Fault | "nobody";
}

/** `client`: an invalid request. `provider`: it failed or refused. `relay`: the relay, its gateway or their config. */
export type Fault = "client" | "provider" | "relay";

const refused = (status: number): Consequence => ({
  status,
  type: "invalid_request_error",
  fallback: false,
  retry: "never",
  health: "neutral",
  fault: "client",
});
const forbidden: Consequence = { ...refused(403), type: "permission_error" };
const failed = (status: number, more: Partial<Consequence>): Consequence => ({
  ...refused(status),
  type: "api_error",
  fault: "relay",
  ...more,
});
const providerFailed = (status: number, more: Partial<Consequence>): Consequence =>
  failed(status, { fault: "provider", ...more });

/** All error codes and their consequences. Code branches on these, never on a message. */
const consequences = {
  /** The listener got something that is no HTTP request, or an ambiguous one. */
  invalid_request: refused(400),
  invalid_body: refused(400),
  duplicate_model: refused(400),
  /** The holder of a virtual key with model limits sent a body member that could select another model. */
  model_selector_not_allowed: refused(400),
  agent_required: refused(400),
  unsupported_target: refused(400),
  invalid_path: refused(400),
  invalid_header: refused(400),
  invalid_session: refused(400),
  model_not_found: refused(404),
  method_not_allowed: refused(405),
  /** The request took too long to arrive at the listener. */
  request_timeout: refused(408),
  body_too_large: refused(413),
  unsupported_encoding: refused(415),
  expectation_failed: refused(417),
  headers_too_large: refused(431),
  not_found: refused(404),
  /** The virtual key is missing or invalid. */
  invalid_api_key: refused(401),
  too_many_wrong_keys: { ...refused(429), type: "rate_limit_error" },
  /** The virtual key's limit on requests, tokens or concurrency; `insufficient_quota` is its budget. */
  rate_limit_exceeded: { ...refused(429), type: "rate_limit_error" },
  insufficient_quota: { ...refused(429), type: "insufficient_quota" },
  mode_not_allowed: forbidden,
  /** A virtual key for metrics was used for something else, or another key for metrics. */
  endpoint_not_allowed: forbidden,
  session_not_allowed: forbidden,
  missing_scope: forbidden,
  model_not_allowed: forbidden,
  internal_error: failed(500, {}),
  /** A file of the agent's system prompt is missing, too large or outside of its workspace; or the prompt is empty. */
  prompt_unavailable: failed(500, {}),
  /** An agent run failed for an unknown reason. */
  agent_failed: failed(500, {}),
  /** An agent run failed because of its provider. The client gets the status of core's endpoint instead of this one. */
  agent_upstream_failed: providerFailed(502, {}),
  /** An agent did not call a required tool. */
  agent_call_missing: providerFailed(502, {}),
  /** An agent run was aborted: it took too long or made too many model calls. */
  agent_run_limit: failed(504, {}),
  /** The client left too much of an agent's stream unread. */
  client_too_slow: failed(504, { fault: "client" }),
  /** An agent run could not get its prompt or be limited to its tools: a hook is not allowed, or the host skipped it. */
  hook_unavailable: failed(500, {}),
  /** The gateway's OpenClaw version lacks a capability that an agent run needs. Nothing has run. */
  host_too_old: failed(501, {}),
  /** The gateway is replacing the plugin, and the agent run has no model before that is done. */
  plugin_reloading: failed(503, {}),
  /** The gateway's thread did not answer the data plane's question in time. */
  gateway_silent: failed(503, {}),
  /** The data plane ended while it served the request. */
  data_plane_failed: failed(502, {}),
  /** The data plane's heap has no room for a large body. */
  relay_overloaded: failed(503, {}),
  /** The data plane does not run. */
  data_plane_unavailable: failed(503, {}),
  api_not_supported: failed(501, { fallback: true }),
  /** The target's protocol cannot say what the request contains. */
  unsupported_params: failed(400, {
    fault: "client",
    type: "invalid_request_error",
    fallback: true,
  }),
  provider_not_configured: failed(502, { fallback: true }),
  /** No connection, or one that broke before the answer was complete. */
  upstream_unreachable: providerFailed(502, { fallback: true, retry: "soon", health: "bad" }),
  /** 408 and 5xx. */
  upstream_failed: providerFailed(502, { fallback: true, retry: "soon", health: "bad" }),
  /** 429. Such a provider is healthy. */
  upstream_rate_limited: providerFailed(429, {
    type: "rate_limit_error",
    fallback: true,
    retry: "later",
  }),
  /** 401: the provider refused the gateway's credential. The client's own key is valid, so it never gets the 401. */
  upstream_unauthorized: providerFailed(502, { fallback: true }),
  /** 403: may concern the request (moderation, region, a model that is not enabled) or the credential. */
  upstream_forbidden: providerFailed(403, { type: "permission_error", fallback: true }),
  /** Not tried: the provider has just refused all of the gateway's credentials. */
  credential_refused: providerFailed(503, { fallback: true }),
  /** The conversation is too long for this model. Only a model with a larger window is tried next. */
  upstream_context_length: failed(400, {
    fault: "client",
    type: "invalid_request_error",
    fallback: true,
    health: "good",
  }),
  /** An answer that the relay cannot read. */
  upstream_unreadable: providerFailed(502, { fallback: true, health: "bad" }),
  /** No output in time, before anything was sent to the client. Not retried: another wait would be as long. */
  upstream_silent: providerFailed(504, { fallback: true, health: "bad" }),
  /** `upstream_cut`: the answer broke off after its commit point. `upstream_stalled`: it paused for too long there. */
  upstream_cut: providerFailed(502, { health: "bad" }),
  upstream_stalled: providerFailed(504, { health: "bad" }),
  circuit_open: providerFailed(503, { fallback: true }),
  concurrency_limit: failed(429, { type: "rate_limit_error", fallback: true }),
  /** Not tried: a model with at least this window has already refused the conversation as too long. */
  context_window_too_small: failed(400, {
    fault: "client",
    type: "invalid_request_error",
    fallback: true,
  }),
  /** The client disconnected, so no one receives this. 499 is nginx's status for it. */
  client_closed: failed(499, { fault: "nobody" }),
} as const satisfies Record<string, Consequence>;

export type ErrorCode = keyof typeof consequences;

/** HTTP statuses by code. A test compares them with docs/http-api.md. */
export const errorStatuses: ReadonlyMap<string, number> = new Map(
  Object.entries(consequences).map(([code, { status }]) => [code, status]),
);

/**
 * How a request ended: `ok`, an error code, or `provider_answered` if the client got a provider's own 4xx, such as a 400
 * for an unknown parameter.
 */
export type Outcome = "ok" | "provider_answered" | ErrorCode;

/** Who is at fault for an outcome; undefined if the request succeeded or its client disconnected. */
export function faultOf(outcome: Outcome): Fault | undefined {
  if (outcome === "ok" || outcome === "provider_answered") {
    return outcome === "ok" ? undefined : "client";
  }
  const { fault } = consequences[outcome];
  return fault === "nobody" ? undefined : fault;
}

/** A provider's complete answer, to be passed on unchanged. */
export interface WholeAnswer {
  readonly status: number;
  /** The provider's headers, unfiltered. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

interface ReportedAs {
  /** The HTTP status. */
  readonly status: number;
  /** Core's error type, such as `authentication_error`. */
  readonly type: string;
  readonly code?: string | undefined;
}

export interface RelayErrorOptions {
  /** `error.param`: the field or header of the request that is at fault. */
  readonly param?: string;
  /** Response headers that belong to the error, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer that the client gets instead of the envelope, if no other target succeeds. */
  readonly answer?: WholeAnswer;
  /** Status, type and code that the client gets instead of the relay's own: agent mode reports errors as core does. */
  readonly reportedAs?: ReportedAs;
  /** The provider's status, for the log. Default: that of `answer`, else that of `reportedAs`. */
  readonly providerStatus?: number;
  /** Milliseconds to wait before a retry, if known. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * An error with a code from a closed list. The message goes to the client: it says what to do, and never contains a key, a
 * prompt or a provider's body.
 */
export class RelayError extends Error {
  override readonly name = "RelayError";
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: WholeAnswer | undefined;
  readonly reportedAs: ReportedAs | undefined;
  readonly providerStatus: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: RelayErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.headers = options.headers ?? {};
    this.answer = options.answer;
    this.reportedAs = options.reportedAs;
    this.providerStatus =
      options.providerStatus ?? options.answer?.status ?? options.reportedAs?.status;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The HTTP status that the client gets, unless there is an `answer`. */
  get status(): number {
    return this.reportedAs?.status ?? consequences[this.code].status;
  }

  /** The consequences of the code. */
  get consequence(): Consequence {
    return consequences[this.code];
  }
}

/**
 * Options of a temporary error: `retryAfterMs` for the relay, `retry-after` in whole seconds for the client (RFC 9110,
 * section 10.2.3).
 */
export function tryAgainIn(waitMs: number): Pick<RelayErrorOptions, "retryAfterMs" | "headers"> {
  return { retryAfterMs: waitMs, headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } };
}

/** Turns any thrown value into a RelayError. Others become the `cause` of an `internal_error` with a fixed message. */
export function asRelayError(error: unknown): RelayError {
  return error instanceof RelayError
    ? error
    : new RelayError(
        "internal_error",
        "The relay failed. The gateway's log has the details under this request's id.",
        {
          cause: error,
        },
      );
}
