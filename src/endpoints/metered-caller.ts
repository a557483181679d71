/** A caller, with what measures the request. */
import type { Caller } from "../access/caller.ts";
import type { Meter } from "../quota/meter.ts";

export interface MeteredCaller extends Caller {
  /** Measures what the request uses of its key's limits; undefined for an operator. */
  readonly meter: Meter | undefined;
}
