/** Chooses the failure that the client gets when every credential or every target has failed. Pure. */
import { asRelayError, type ErrorCode, type RelayError } from "../errors.ts";

/** Failures that concern the request: neither waiting nor the operator would help. */
const aboutRequest: readonly ErrorCode[] = ["upstream_context_length", "upstream_forbidden"];

/**
 * Failures that say less than that of a provider that was asked. Most useful first: from temporary ones to those that the
 * operator must fix.
 */
const lessTelling: readonly (readonly ErrorCode[])[] = [
  ["circuit_open", "concurrency_limit"],
  ["upstream_unauthorized"],
  ["credential_refused"],
  ["provider_not_configured", "api_not_supported"],
  ["context_window_too_small"],
];

/**
 * Returns the first of these that exists:
 *
 * 1. a failure that concerns the request;
 * 2. the last failure of a provider that was asked;
 * 3. a failure of the first kind in `lessTelling`, the one with the shortest wait.
 * @param failures at least one, in order.
 */
export function reportedFailure(failures: readonly unknown[]): RelayError {
  const all = failures.map(asRelayError);
  const having = (codes: readonly ErrorCode[]) => all.filter(({ code }) => codes.includes(code));
  const asked = all.filter(({ code }) => !lessTelling.flat().includes(code));
  const chosen =
    aboutRequest.flatMap((code) => having([code]))[0] ??
    asked.at(-1) ??
    soonest(lessTelling.map(having).find((some) => some.length > 0) ?? []);
  return chosen ?? asRelayError(failures[0]);
}

function soonest(failures: readonly RelayError[]): RelayError | undefined {
  return failures.toSorted((a, b) => (a.retryAfterMs ?? 0) - (b.retryAfterMs ?? 0))[0];
}
