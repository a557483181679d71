/**
 * The one error of this plugin, and what each of its codes means for the client and for the next target.
 */

/** The `type` of OpenAI's error envelope. */
type ErrorType = "invalid_request_error" | "permission_error" | "api_error";

interface Consequence {
  /** The HTTP status that the client sees. */
  readonly status: number;
  readonly type: ErrorType;
  /** Whether the next target may be tried: nothing was sent to the client, and another provider may do better. */
  readonly fallback: boolean;
}

const refused = (status: number): Consequence => ({
  status,
  type: "invalid_request_error",
  fallback: false,
});
const forbidden: Consequence = { status: 403, type: "permission_error", fallback: false };
const failed = (status: number, fallback: boolean): Consequence => ({
  status,
  type: "api_error",
  fallback,
});

/** Every code there is, with its consequences. Code branches on these, never on a message. */
const consequences = {
  invalid_body: refused(400),
  duplicate_model: refused(400),
  agent_required: refused(400),
  unsupported_target: refused(400),
  invalid_path: refused(400),
  model_not_found: refused(404),
  not_found: refused(404),
  method_not_allowed: refused(405),
  body_too_large: refused(413),
  unsupported_encoding: refused(415),
  missing_scope: forbidden,
  model_not_allowed: forbidden,
  internal_error: failed(500, false),
  api_not_supported: failed(501, true),
  provider_not_configured: failed(502, true),
  upstream_unreachable: failed(502, true),
  upstream_unreadable: failed(502, true),
  /** The provider answered with a status that another provider may not have: 408, 429, 5xx. */
  upstream_status: failed(502, true),
  /** The provider's answer broke off after its first byte had gone to the client. */
  upstream_cut: failed(502, false),
  /** The client is gone; nobody reads this. 499 is nginx's number for it. */
  client_closed: failed(499, false),
} as const satisfies Record<string, Consequence>;

export type ErrorCode = keyof typeof consequences;

/** A provider's answer that is kept whole, to be handed on as it came. */
export interface WholeAnswer {
  readonly status: number;
  /** The provider's headers, before any filter. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

export interface RelayErrorOptions {
  /** The request's field or header that is at fault, for `error.param`. */
  readonly param?: string;
  /** Response headers that belong to the error, such as `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The provider's own answer, which the client gets instead of the envelope when no target is left. */
  readonly answer?: WholeAnswer;
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

  constructor(code: ErrorCode, message: string, options: RelayErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.headers = options.headers ?? {};
    this.answer = options.answer;
  }

  /** The HTTP status that the client sees. */
  get status(): number {
    return consequences[this.code].status;
  }

  /** Whether the next target may be tried. */
  get fallback(): boolean {
    return consequences[this.code].fallback;
  }

  /** The body of the response: OpenAI's error envelope. */
  toEnvelope(): {
    error: { message: string; type: ErrorType; param: string | null; code: string };
  } {
    return {
      error: {
        message: this.message,
        type: consequences[this.code].type,
        param: this.param,
        code: this.code,
      },
    };
  }
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
