/** Whatever else is asked for below a base. */
import { RelayError } from "../errors.ts";
import type { Endpoint } from "../http/route.ts";

/** @param routes what there is, such as `POST /v1/embeddings`. */
export function createUnknown<Caller>(routes: readonly string[]): Endpoint<Caller> {
  return () => {
    throw new RelayError("not_found", `Unknown path. Available: ${routes.join(", ")}.`);
  };
}
