/** Where the doctor gets its list: from the running gateway, which knows most, or else from this process. */
import { Value } from "@sinclair/typebox/value";
import type { GatewayCall } from "../control/gateway-call.ts";
import type { Problem } from "../control/problems.ts";
import { doctorMethod, problemsSchema, statusMethod } from "./contract.ts";

export interface Checkup {
  readonly problems: readonly Problem[];
  /** Who looked, and what was not looked at; a sentence. */
  readonly scope: string;
}

/** @param isOnline whether to ask the providers. @throws Error if a gateway runs but does not answer, or must but does not run. */
export type Examine = (isOnline: boolean) => Promise<Checkup>;

const answerWithinMs = 60_000;
/** Each provider has its own time limit, and many of them are asked one after the other. */
const providersWithinMs = 10 * 60_000;

/** @param local checks in this process. */
export function createExamine(
  call: GatewayCall,
  local: () => Promise<readonly Problem[]>,
): Examine {
  return async (isOnline) => {
    const method = isOnline ? doctorMethod : statusMethod;
    const timeoutMs = isOnline ? providersWithinMs : answerWithinMs;
    const answer = await call(method, {}, timeoutMs);
    if (answer.kind === "answer") {
      return {
        problems: problemsIn(answer.payload, method),
        scope: isOnline
          ? "The running gateway looked, and asked each provider with each credential."
          : "The running gateway looked. --online also asks the providers, with one small call for each credential.",
      };
    }
    if (isOnline) {
      throw new Error(
        "--online asks the providers through the running gateway, and no gateway runs: start it, or leave --online out",
      );
    }
    return {
      problems: await local(),
      scope:
        "No gateway runs, so this command looked, with the credentials of its own environment. Only a running gateway can check its listener, its data plane and (with --online) its providers.",
    };
  };
}

function problemsIn(payload: unknown, method: string): readonly Problem[] {
  if (Value.Check(problemsSchema, payload)) {
    return payload.problems;
  }
  throw new Error(`${method}: the gateway runs another version of the plugin: restart the gateway`);
}
