/** Holds requests to the limits of their keys, and keeps the books of what they used. */
import type { TokenUsage } from "../chat/token-usage.ts";
import type { Host } from "../host/host.ts";
import type { Endpoint } from "../http/route.ts";
import type { Caller } from "../keys/caller.ts";
import type { Ledger } from "../keys/ledger.ts";
import type { Limiter } from "../keys/limiter.ts";
import { costUsd } from "../keys/usage.ts";
import type { AttemptRecord } from "../telemetry/events.ts";
import type { Trace } from "../telemetry/trace.ts";

export interface MeteredOptions {
  readonly host: Pick<Host, "route">;
  readonly limiter: Limiter;
  readonly ledger: Ledger;
}

/** @returns the endpoint for callers with a virtual key; what it throws is thrown on. */
export function createMetered(options: MeteredOptions) {
  const { host, limiter, ledger } = options;
  return (endpoint: Endpoint<Caller>): Endpoint<Caller> =>
    async (call) => {
      const { caller, trace } = call;
      if (caller.grant === undefined) {
        return endpoint(call);
      }
      const admission = limiter.enter(caller.grant);
      let failed = false;
      try {
        await endpoint({ ...call, caller: { ...caller, admission } });
      } catch (error) {
        // A client that leaves has made no error.
        failed = !call.client.sink.signal.aborted;
        throw error;
      } finally {
        const used = await usedBy(host, trace);
        admission.leave({ tokens: used.tokensIn + used.tokensOut, usd: used.costUsd });
        const account = {
          keyId: caller.grant.id,
          agent: trace.agentId ?? "",
          model: modelOf(trace.attempts.at(-1)),
        };
        ledger.add(account, { ...used, failed });
      }
    };
}

/** All attempts together: one that broke off after its first output is paid for, too. */
async function usedBy(
  host: MeteredOptions["host"],
  trace: Trace,
): Promise<TokenUsage & { readonly costUsd: number }> {
  let used = { tokensIn: 0, tokensOut: 0, tokensCached: 0, costUsd: 0 };
  for (const attempt of trace.attempts) {
    const { usage } = attempt;
    if (usage !== undefined) {
      used = {
        tokensIn: used.tokensIn + usage.tokensIn,
        tokensOut: used.tokensOut + usage.tokensOut,
        tokensCached: used.tokensCached + usage.tokensCached,
        costUsd: used.costUsd + costUsd(usage, await costOf(host, trace, attempt)),
      };
    }
  }
  return used;
}

/** An agent's run says which model it used, and not what that costs. */
async function costOf(host: MeteredOptions["host"], trace: Trace, attempt: AttemptRecord) {
  const { route } = attempt;
  if (route === undefined || "cost" in route || trace.agentId === undefined) {
    return route?.cost;
  }
  const target = {
    agentId: trace.agentId,
    modelRef: modelOf(attempt),
    namedBy: "agent" as const,
  };
  const found = await host.route(target).catch(() => undefined);
  return found?.cost;
}

function modelOf(attempt: AttemptRecord | undefined): string {
  const route = attempt?.route;
  return route === undefined ? "" : `${route.provider}/${route.modelId}`;
}
