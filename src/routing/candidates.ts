/** The targets of one request, each resolved once. */
import type { Route, Target } from "./route.ts";

/** A target that a request may be sent to. */
export interface Candidate {
  readonly target: Target;
  /**
   * The way to its provider, with the model's price and window. It is resolved when it is first asked for, because a target that
   * can't be resolved costs the host up to 300 ms, and most requests need the first target only. What comes of that, a route or a
   * failure, holds for the rest of the request: limits, price and attempt speak of the same route.
   * @throws RelayError as `RouteSource.route` does.
   */
  route(): Promise<Route>;
}

/** @param resolve how a target becomes a route. */
export function createCandidate(
  target: Target,
  resolve: (target: Target) => Promise<Route>,
): Candidate {
  let resolved: Promise<Route> | undefined;
  return {
    target,
    route() {
      resolved ??= resolve(target);
      return resolved;
    },
  };
}
