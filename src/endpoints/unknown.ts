/** Answers requests for unknown paths. */
import { RelayError } from "../errors.ts";
import type { Endpoint } from "../http/route.ts";

/** @param routes the existing routes, such as `POST /v1/embeddings`. */
export function createUnknown<Caller>(routes: readonly string[]): Endpoint<Caller> {
  return () => {
    throw new RelayError("not_found", `Unknown path. Available: ${routes.join(", ")}.`);
  };
}
