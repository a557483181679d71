/** Which failure a client is told of when every target has failed. Pure. */
import { RelayError } from "../errors.ts";

/**
 * The last one that says something of the request or of a provider. That a target was not even tried says less; when
 * none was, the wait is the shortest that any of them named.
 * @param failures at least one, in order.
 */
export function reportedFailure(failures: readonly unknown[]): unknown {
  const tried = failures.filter(
    (failure) => !(failure instanceof RelayError && isUntried(failure)),
  );
  // A conversation that is too long for one model was passed over the others for that reason: it is the answer.
  const tooLong = tried.find(
    (failure) => failure instanceof RelayError && failure.code === "upstream_context_length",
  );
  return tooLong ?? tried.at(-1) ?? soonest(failures);
}

function isUntried(failure: RelayError): boolean {
  return (
    failure.code === "circuit_open" ||
    failure.code === "concurrency_limit" ||
    failure.code === "context_window_too_small"
  );
}

function soonest(failures: readonly unknown[]): unknown {
  const waits = failures.filter((failure) => failure instanceof RelayError);
  return waits.toSorted((a, b) => (a.retryAfterMs ?? 0) - (b.retryAfterMs ?? 0))[0] ?? failures[0];
}
