/** The relay's status, as `openclaw gateway call passthrough.status` shows it. */
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
  /** Why the relay receives no requests; undefined if it does. */
  readonly problem?: string;
  /** Errors and warnings about the configuration and the virtual keys. */
  readonly problems: readonly Problem[];
  readonly mode: string;
  readonly host: HostFacts;
  /** Since the gateway's start. */
  readonly totals: Totals;
  /** Open connection pools to providers. */
  readonly pools: number;
  readonly upstream: UpstreamGauges;
  /** Sessions in memory. */
  readonly sessions: SessionStoreStats;
  /** Sessions of agent runs that the host holds in memory. */
  readonly agentSessions: SessionStoreStats;
  /** Agent runs under way, oldest first. */
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
