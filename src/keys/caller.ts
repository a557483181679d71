/** Who is calling. */
import type { Grant } from "./grant.ts";
import type { Meter } from "./meter.ts";

export interface Caller {
  /** Operator scopes, such as `operator.write`. */
  readonly scopes: readonly string[];
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  /** Measures what the request uses of its key's limits; undefined for an operator. */
  readonly meter: Meter | undefined;
}

/** A caller with a virtual key may talk to models, and do nothing else. */
export function keyHolder(grant: Grant): Caller {
  return { scopes: ["operator.write"], grant, meter: undefined };
}
