/** Whatever else is asked for below a base. */
import { RelayError } from "../errors.ts";
import type { Endpoint } from "../http/route.ts";
import type { Caller } from "../access/caller.ts";

export function createUnknown(base: string): Endpoint<Caller> {
  return () => {
    throw new RelayError(
      "not_found",
      `There is nothing here. POST ${base}/chat/completions, POST ${base}/embeddings, GET ${base}/models.`,
    );
  };
}
