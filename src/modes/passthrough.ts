/** Passthrough: the client's bytes to the provider, the provider's bytes to the client. */
import { RelayError } from "../errors.ts";
import { fallback } from "../resilience/fallback.ts";
import type { Mode } from "./mode.ts";

export const passthrough: Mode = (request, call) =>
  fallback(
    request.targets,
    // Retry, circuit breaker, limits and finer timeouts go around this call.
    (target) => call(request, target),
    (failure) => failure instanceof RelayError && failure.fallback,
  );
