/**
 * The one error of this plugin, and what each of its codes means for the client and for the next target.
 */

/** What kind of error it is, by the names that OpenAI and Anthropic share. */
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
  /** Whether the next target may be tried: nothing was sent to the client, and another provider may do better. */
  readonly fallback: boolean;
  /** Whether the same target may be tried again: soon, or after a pause that grows. */
  readonly retry: "never" | "soon" | "later";
  /** What it tells of the provider's health. */
  readonly health: "bad" | "neutral" | "good";
  /** Whose mistake or failure it is; "nobody" for a client that leaves. */
  readonly fault: Fault | "nobody";
}

/** The client sent what it should not; a provider failed or refused; or the relay, its gateway or their config is wrong. */
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

/** Every code there is, with its consequences. Code branches on these, never on a message. */
const consequences = {
  invalid_body: refused(400),
  duplicate_model: refused(400),
  /** A virtual key with model limits sent a member that could choose another model. */
  model_selector_not_allowed: refused(400),
  agent_required: refused(400),
  unsupported_target: refused(400),
  invalid_path: refused(400),
  invalid_header: refused(400),
  invalid_session: refused(400),
  model_not_found: refused(404),
  method_not_allowed: refused(405),
  body_too_large: refused(413),
  unsupported_encoding: refused(415),
  not_found: refused(404),
  /** No virtual key, or one that is not valid. */
  invalid_api_key: refused(401),
  too_many_wrong_keys: { ...refused(429), type: "rate_limit_error" },
  /** A virtual key's own limits. */
  rate_limit_exceeded: { ...refused(429), type: "rate_limit_error" },
  insufficient_quota: { ...refused(429), type: "insufficient_quota" },
  mode_not_allowed: forbidden,
  session_not_allowed: forbidden,
  missing_scope: forbidden,
  model_not_allowed: forbidden,
  internal_error: failed(500, {}),
  /** A file of the agent's system prompt is missing, too large or outside of its workspace. */
  prompt_unavailable: failed(500, {}),
  /** An agent's run ended badly, and nobody knows why. */
  agent_failed: failed(500, {}),
  /** An agent's run ended badly for its provider; the status is that of core's endpoint. */
  agent_upstream_failed: providerFailed(502, {}),
  /** An agent did not call the tool that it had to. */
  agent_call_missing: providerFailed(502, {}),
  /** An agent's run was ended, because it took longer or made more model calls than it may. */
  agent_run_limit: failed(504, {}),
  /** The client read an agent's stream so slowly that too much of it was unsent. */
  client_too_slow: failed(504, { fault: "client" }),
  /** An agent run could not be given its prompt, or be kept to its tools: a hook is not allowed, or was passed over. */
  hook_unavailable: failed(500, {}),
  /** The gateway's version of OpenClaw can't do what an agent run needs. Nothing has been run. */
  host_too_old: failed(501, {}),
  api_not_supported: failed(501, { fallback: true }),
  provider_not_configured: failed(502, { fallback: true }),
  /** No connection, or one that broke before the answer was whole. */
  upstream_unreachable: providerFailed(502, { fallback: true, retry: "soon", health: "bad" }),
  /** 408 and 5xx. */
  upstream_failed: providerFailed(502, { fallback: true, retry: "soon", health: "bad" }),
  /** 429. A provider that says so is well. */
  upstream_rate_limited: providerFailed(429, {
    type: "rate_limit_error",
    fallback: true,
    retry: "later",
  }),
  /** 401: the provider refused the gateway's credential. The client's own key is right, so it never sees the 401. */
  upstream_unauthorized: providerFailed(502, { fallback: true }),
  /** 403: about the request (moderation, region, a model that is not enabled) or about the credential; nobody knows which. */
  upstream_forbidden: providerFailed(403, { type: "permission_error", fallback: true }),
  /** Not tried, because the provider refused all of the gateway's credentials a moment ago. */
  credential_refused: providerFailed(503, { fallback: true }),
  /** The conversation is too long for this model; only one with a larger window may do better. */
  upstream_context_length: failed(400, {
    fault: "client",
    type: "invalid_request_error",
    fallback: true,
    health: "good",
  }),
  /** An answer that cannot be handed on. */
  upstream_unreadable: providerFailed(502, { fallback: true, health: "bad" }),
  /** No answer in time, before anything was sent to the client. A silent target is left, not tried again. */
  upstream_silent: providerFailed(504, { fallback: true, health: "bad" }),
  /** The answer broke off, or was silent for too long, after its first output had gone to the client. */
  upstream_cut: providerFailed(502, { health: "bad" }),
  upstream_stalled: providerFailed(504, { health: "bad" }),
  circuit_open: providerFailed(503, { fallback: true }),
  concurrency_limit: failed(429, { type: "rate_limit_error", fallback: true }),
  /** Not tried, because the conversation was too long for a model with a larger window already. */
  context_window_too_small: failed(400, {
    fault: "client",
    type: "invalid_request_error",
    fallback: true,
  }),
  /** The client is gone; nobody reads this. 499 is nginx's number for it. */
  client_closed: failed(499, { fault: "nobody" }),
} as const satisfies Record<string, Consequence>;

export type ErrorCode = keyof typeof consequences;

/** Each code with its HTTP status. docs/http-api.md shows them, and a test holds the page to them. */
export const errorStatuses: ReadonlyMap<string, number> = new Map(
  Object.entries(consequences).map(([code, { status }]) => [code, status]),
);

/**
 * How a request ended: `ok`, the code of its error, or `provider_answered` where the client got a provider's own 4xx, such as
 * a 400 for a parameter that the model does not know.
 */
export type Outcome = "ok" | "provider_answered" | ErrorCode;

/** Who is at fault for how a request ended; undefined where nobody is: it went well, or its client left. */
export function faultOf(outcome: Outcome): Fault | undefined {
  if (outcome === "ok" || outcome === "provider_answered") {
    return outcome === "ok" ? undefined : "client";
  }
  const { fault } = consequences[outcome];
  return fault === "nobody" ? undefined : fault;
}

/** A provider's answer that is kept whole, to be handed on as it came. */
export interface WholeAnswer {
  readonly status: number;
  /** The provider's headers, before any filter. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

interface ReportedAs {
  /** The HTTP status. */
  readonly status: number;
  readonly type: string;
  readonly code?: string | undefined;
}

export interface RelayErrorOptions {
  /** The request's field or header that is at fault, for `error.param`. */
  readonly param?: string;
  /** Response headers that belong to the error, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The provider's own answer, which the client gets instead of the envelope when no target is left. */
  readonly answer?: WholeAnswer;
  /** What is reported in place of the code's own status, type and name: the contract of core's endpoint in agent mode. */
  readonly reportedAs?: ReportedAs;
  /** The status that the provider answered with, for the log; that of `answer` or `reportedAs` where it is left out. */
  readonly providerStatus?: number;
  /** How long to wait before the same is tried again, in milliseconds, where somebody knows. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure with a closed code. Its message goes to the client, so it says what to do, and never holds a key, a
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

  /** The HTTP status that the client sees. */
  get status(): number {
    return this.reportedAs?.status ?? consequences[this.code].status;
  }

  /** What the code means for the next target, the next attempt and the provider's health. */
  get consequence(): Consequence {
    return consequences[this.code];
  }
}

/** The options of an error that passes by itself: the wait for our own use, and for the client's in whole seconds (RFC 9110, section 10.2.3). */
export function tryAgainIn(waitMs: number): Pick<RelayErrorOptions, "retryAfterMs" | "headers"> {
  return { retryAfterMs: waitMs, headers: { "retry-after": String(Math.ceil(waitMs / 1000)) } };
}

/** Gives any thrown value a code; a stranger becomes `internal_error`, whose message tells nothing of it. */
export function asRelayError(error: unknown): RelayError {
  return error instanceof RelayError
    ? error
    : new RelayError(
        "internal_error",
        "The relay failed. The gateway's log has a line with this request's id.",
        {
          cause: error,
        },
      );
}
