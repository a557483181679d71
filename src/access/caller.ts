/** Who is calling. */
import type { Grant } from "./grant.ts";

export interface Caller {
  /** Operator scopes, such as `operator.write`. */
  readonly scopes: readonly string[];
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
}

export function operator(scopes: readonly string[]): Caller {
  return { scopes, grant: undefined };
}

/** A caller with a virtual key may talk to models, and do nothing else. */
export function keyHolder(grant: Grant): Caller {
  return { scopes: ["operator.write"], grant };
}
