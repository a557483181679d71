/** Holds the requests of a virtual key to its limits, and counts them. */
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

/** A caller, with the meter of the request. */
export interface MeteredCaller extends Caller {
  /** Measures what the request uses of its key's limits. An operator has none. */
  readonly meter?: Meter;
}

export interface QuotaParts {
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** Wraps an endpoint. */
export type EnforceQuota = (endpoint: Endpoint<MeteredCaller>) => Endpoint<Caller>;

/** For callers without limits. */
export const withoutQuota: EnforceQuota = (endpoint) => endpoint;

/** @returns a wrapper that answers callers with a virtual key within their limits. */
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

interface Planned {
  readonly body: RequestBody;
  /** The first one counts: it is the one that is tried. */
  readonly candidates: readonly Candidate[];
}

/**
 * Reserves what a request is expected to use of its key's limits.
 * @throws RelayError `rate_limit_exceeded` or `insufficient_quota`.
 */
export async function reserve(meter: Meter, { body, candidates }: Planned): Promise<void> {
  const usage = expectedUsage(body.expectedTokensOut, body.byteLength);
  const [first] = candidates;
  // A target that can't be resolved costs nothing; the attempt reports why it can't be.
  const route = meter.countsCost ? await first?.route().catch(() => undefined) : undefined;
  meter.reserve({
    tokens: usage.tokensIn + usage.tokensOut,
    usd: costUsd(usage, route?.cost),
  });
}
