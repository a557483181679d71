/** Holds the requests of virtual keys to their limits, and counts them. */
import type { Endpoint } from "../http/route.ts";
import { modelName } from "../routing/route.ts";
import type { Caller } from "../access/caller.ts";
import type { Ledger } from "../quota/ledger.ts";
import type { Limiter } from "../quota/limiter.ts";
import { createMeter } from "../quota/meter.ts";
import type { MeteredCaller } from "./metered-caller.ts";
import type { AttemptRecord } from "../telemetry/events.ts";
import { answeringAttempt } from "../telemetry/trace.ts";

export interface MeteredOptions {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** @returns an endpoint that answers callers with a virtual key within their limits; an operator has none. */
export function createMetered({ limiter, ledger }: MeteredOptions) {
  return (endpoint: Endpoint<MeteredCaller>): Endpoint<Caller> =>
    async (call) => {
      const { caller, trace } = call;
      const { grant } = caller;
      if (grant === undefined) {
        return endpoint({ ...call, caller: { ...caller, meter: undefined } });
      }
      let failed = false;
      try {
        const admission = limiter.enter(grant);
        const meter = createMeter({ grant, admission, limiter, ledger });
        await endpoint({ ...call, caller: { ...caller, meter } }).finally(admission.leave);
      } catch (error) {
        // A client that leaves has made no error.
        failed = !call.client.sink.signal.aborted;
        throw error;
      } finally {
        const model = modelOf(answeringAttempt(trace));
        ledger.count({ keyId: grant.id, agent: trace.agentId ?? "", model }, { failed });
      }
    };
}

function modelOf(attempt: AttemptRecord | undefined): string {
  const route = attempt?.route;
  return route === undefined ? "" : modelName(route);
}
