/** Who is calling. */
import type { Grant } from "./grant.ts";
import type { Admission } from "./limiter.ts";

export interface Caller {
  /** Operator scopes, such as `operator.write`. */
  readonly scopes: readonly string[];
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  /** How the request was let in by the limits of its key; undefined for an operator. */
  readonly admission: Admission | undefined;
}

/** A caller with a virtual key may talk to models, and do nothing else. */
export function keyHolder(grant: Grant): Caller {
  return { scopes: ["operator.write"], grant, admission: undefined };
}
