/** Enforces a virtual key's limits on its requests, and counts them. */
import type { Endpoint } from "../http/route.ts";
import type { RequestBody } from "../protocols/protocol.ts";
import { modelName } from "../routing/route.ts";
import type { Caller } from "../access/caller.ts";
import type { Ledger } from "../quota/ledger.ts";
import type { Limiter } from "../quota/limiter.ts";
import { createMeter, type Meter } from "../quota/meter.ts";
import { costUsd, expectedUsage } from "../quota/usage.ts";
import type { Candidate } from "../routing/candidates.ts";
import type { AttemptRecord } from "../telemetry/events.ts";
import { answeringAttempt } from "../telemetry/trace.ts";

/** A caller with the meter of its request. */
export interface MeteredCaller extends Caller {
  /** Meters the request's usage for its key's limits. Undefined for an operator. */
  readonly meter?: Meter;
}

export interface QuotaParts {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** Wraps an endpoint so that it enforces limits. */
export type EnforceQuota = (endpoint: Endpoint<MeteredCaller>) => Endpoint<Caller>;

/** The wrapper for callers without limits. */
export const withoutQuota: EnforceQuota = (endpoint) => endpoint;

/** @returns the wrapper for callers with a virtual key. */
export function createEnforceQuota({ limiter, ledger }: QuotaParts): EnforceQuota {
  return (endpoint) => async (call) => {
    const { caller, trace } = call;
    const { grant } = caller;
    if (grant === undefined) {
      return endpoint(call);
    }
    let failed = false;
    try {
      const admission = limiter.enter(grant);
      const meter = createMeter({ grant, admission, limiter, ledger });
      await endpoint({ ...call, caller: { ...caller, meter } }).finally(admission.leave);
    } catch (error) {
      // A disconnect does not count as an error.
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

interface Planned {
  readonly body: RequestBody;
  /** The price of the first one is used, because it is tried first. */
  readonly candidates: readonly Candidate[];
}

/**
 * Reserves the request's expected usage.
 * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
 */
export async function reserve(meter: Meter, { body, candidates }: Planned): Promise<void> {
  const usage = expectedUsage(body.expectedTokensOut(), body.byteLength);
  const [first] = candidates;
  // An unresolvable target costs nothing. The attempt will report why it cannot be resolved.
  const route = meter.countsCost ? await first?.route().catch(() => undefined) : undefined;
  meter.reserve({
    tokens: usage.tokensIn + usage.tokensOut,
    usd: costUsd(usage, route?.cost),
  });
}
