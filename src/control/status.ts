/** What an operator sees of the relay: `openclaw gateway call passthrough.status`. */
import type { Host } from "../host/host.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { Counters, Totals } from "../telemetry/counters.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";

export interface Status {
  readonly ok: boolean;
  /** Why the relay can't do its work; undefined when it can. */
  readonly problem?: string;
  readonly mode: string;
  /** Since the gateway's start. */
  readonly totals: Totals;
  /** Connection pools to providers that are open now. */
  readonly pools: number;
  readonly upstream: UpstreamGauges;
  /** Sessions in memory. */
  readonly sessions: SessionStoreStats;
  /** Sessions of agent runs that the host has in memory for the relay. */
  readonly agentSessions: SessionStoreStats;
}

/** What is said in the log, and in the status, when core's endpoint stands in front of ours. */
export const coreEndpointProblem =
  "core's own endpoint answers /v1/chat/completions, so the relay is never reached: " +
  "set gateway.http.endpoints.chatCompletions.enabled to false";

export function createStatus(parts: {
  readonly host: Host;
  readonly counters: Counters;
  readonly dispatchers: Dispatchers;
  readonly gauges: () => UpstreamGauges;
  readonly sessions: () => Promise<SessionStoreStats>;
  readonly agentSessions: () => SessionStoreStats;
}): () => Promise<Status> {
  return async () => {
    const hidden = parts.host.coreEndpointEnabled();
    return {
      ok: !hidden,
      ...(hidden ? { problem: coreEndpointProblem } : {}),
      mode: parts.host.config().mode,
      totals: parts.counters.totals(),
      pools: parts.dispatchers.size,
      upstream: parts.gauges(),
      sessions: await parts.sessions(),
      agentSessions: parts.agentSessions(),
    };
  };
}
