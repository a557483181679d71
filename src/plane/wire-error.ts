/** Errors as messages between threads. */
import { asRelayError, type ErrorCode, RelayError, type RelayErrorOptions } from "../errors.ts";

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly options: Omit<RelayErrorOptions, "cause">;
  /** Name and stack of an unexpected error, for the log. Without its message, which may quote a prompt or a key. */
  readonly cause: { readonly name: string; readonly frames: string } | undefined;
}

export function toWireError(failure: unknown): WireError {
  const { code, message, cause, ...error } = asRelayError(failure);
  const { param, headers, answer, reportedAs, providerStatus, retryAfterMs } = error;
  return {
    code,
    message,
    options: {
      headers,
      ...(param === null ? {} : { param }),
      ...(answer === undefined ? {} : { answer }),
      ...(reportedAs === undefined ? {} : { reportedAs }),
      ...(providerStatus === undefined ? {} : { providerStatus }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
    cause: cause instanceof Error ? { name: cause.name, frames: framesOf(cause) } : undefined,
  };
}

export function fromWireError({ code, message, options, cause }: WireError): RelayError {
  const { answer } = options;
  return new RelayError(code, message, {
    ...options,
    // A cloned Buffer arrives as a plain Uint8Array.
    ...(answer === undefined ? {} : { answer: { ...answer, bytes: Buffer.from(answer.bytes) } }),
    ...(cause === undefined ? {} : { cause: causeOf(cause) }),
  });
}

function framesOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

function causeOf({ name, frames }: NonNullable<WireError["cause"]>): Error {
  const cause = new Error("in the gateway's thread");
  cause.name = name;
  cause.stack = `${name}\n${frames}`;
  return cause;
}
