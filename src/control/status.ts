/** What an operator sees of the relay: `openclaw gateway call passthrough.status`. */
import type { ConfigSource } from "../config/source.ts";
import type { RunUnderWay } from "../telemetry/runs-under-way.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { Counters, Totals } from "../telemetry/counters.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";
import type { GatewayFacts, HostFacts } from "./gateway-facts.ts";
import { coreEndpointProblem } from "./core-endpoint-problem.ts";
import type { Problem } from "./problems.ts";

export interface Status {
  readonly ok: boolean;
  /** Why the relay can't do its work; undefined when it can. */
  readonly problem?: string;
  /** All that is wrong with the configuration and the virtual keys, errors and warnings. */
  readonly problems: readonly Problem[];
  readonly mode: string;
  readonly host: HostFacts;
  /** Since the gateway's start. */
  readonly totals: Totals;
  /** Connection pools to providers that are open now. */
  readonly pools: number;
  readonly upstream: UpstreamGauges;
  /** Sessions in memory. */
  readonly sessions: SessionStoreStats;
  /** Sessions of agent runs that the host has in memory for the relay. */
  readonly agentSessions: SessionStoreStats;
  /** Agent runs that are under way, oldest first. */
  readonly runs: readonly RunUnderWay[];
}

export function createStatus(parts: {
  readonly host: ConfigSource & GatewayFacts;
  readonly problems: () => Promise<readonly Problem[]>;
  readonly counters: Counters;
  readonly dispatchers: Dispatchers;
  readonly gauges: () => UpstreamGauges;
  readonly sessions: () => Promise<SessionStoreStats>;
  readonly agentSessions: () => SessionStoreStats;
  readonly runs: () => readonly RunUnderWay[];
}): () => Promise<Status> {
  return async () => {
    const problem = coreEndpointProblem(parts.host.coreEndpoints());
    return {
      ok: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      problems: await parts.problems(),
      mode: parts.host.config().mode,
      host: parts.host.hostFacts(),
      totals: parts.counters.totals(),
      pools: parts.dispatchers.size,
      upstream: parts.gauges(),
      sessions: await parts.sessions(),
      agentSessions: parts.agentSessions(),
      runs: parts.runs(),
    };
  };
}
