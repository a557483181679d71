/** Prunes through the gateway's RPC. Both ends validate what they receive. */
import { Value } from "@sinclair/typebox/value";
import type { TSchema, Static } from "@sinclair/typebox";
import type { GatewayCall } from "../control/gateway-call.ts";
import type { Prune } from "./prune.ts";
import { pruneMethod, pruneReportSchema, pruneRequestSchema } from "./contract.ts";

/** The gateway's side: the handler of `passthrough.sessions.prune`. */
export function createPruneMethod(prune: Prune): (parameters: unknown) => ReturnType<Prune> {
  return async (parameters) =>
    prune(checked(pruneRequestSchema, parameters, "the parameters are invalid"));
}

/**
 * The command line's side. A running gateway prunes itself, because it caches entries and knows of runs that no store
 * shows. Without a gateway the command prunes.
 */
export function createPruneWhereItBelongs(call: GatewayCall, localPrune: Prune): Prune {
  return async (request, signal) => {
    const answer = await call(pruneMethod, request);
    return answer.kind === "no-gateway"
      ? localPrune(request, signal)
      : checked(
          pruneReportSchema,
          answer.payload,
          "the gateway runs another version of the plugin: restart the gateway",
        );
  };
}

function checked<S extends TSchema>(schema: S, value: unknown, problem: string): Static<S> {
  if (Value.Check(schema, value)) {
    return value;
  }
  const first = Value.Errors(schema, value).First();
  throw new Error(`${pruneMethod}: ${problem} (${first?.path || "/"}: ${first?.message})`);
}
