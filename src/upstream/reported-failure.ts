/** Which failure a client hears when every credential or every target has failed. Pure. */
import { asRelayError, type ErrorCode, type RelayError } from "../errors.ts";

/** About the request: no wait and no operator would help. */
const aboutRequest: readonly ErrorCode[] = ["upstream_context_length", "upstream_forbidden"];

/** What says less than that a provider was asked and failed; from what passes by itself to what the operator has to mend. */
const lessTelling: readonly (readonly ErrorCode[])[] = [
  ["circuit_open", "concurrency_limit"],
  ["upstream_unauthorized"],
  ["credential_refused"],
  ["provider_not_configured", "api_not_supported"],
  ["context_window_too_small"],
];

/**
 * A failure about the request, else the last one of a provider that was asked, else the first kind of `lessTelling` that
 * there is: of several that pass, the one that passes first.
 * @param failures at least one, in order.
 */
export function reportedFailure(failures: readonly unknown[]): RelayError {
  const all = failures.map(asRelayError);
  const having = (codes: readonly ErrorCode[]) => all.filter(({ code }) => codes.includes(code));
  const asked = all.filter(({ code }) => !lessTelling.flat().includes(code));
  const told =
    aboutRequest.flatMap((code) => having([code]))[0] ??
    asked.at(-1) ??
    soonest(lessTelling.map(having).find((some) => some.length > 0) ?? []);
  return told ?? asRelayError(failures[0]);
}

function soonest(failures: readonly RelayError[]): RelayError | undefined {
  return failures.toSorted((a, b) => (a.retryAfterMs ?? 0) - (b.retryAfterMs ?? 0))[0];
}
