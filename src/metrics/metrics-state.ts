/** What the metrics are written from: the snapshot, and the current state of what it counts. */
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { Snapshot } from "../telemetry/snapshot.ts";
import type { AgentTurnEstimate, KeyLimitView } from "../telemetry/views.ts";

/** Conversations in memory. */
interface SessionCounts {
  readonly sessions: number;
  readonly bytes: number;
  readonly evictions: number;
  readonly expiries: number;
}

/** The current limits of a virtual key. */
interface KeyLimits {
  readonly key: string;
  readonly limits: readonly KeyLimitView[];
}

export interface MetricsState {
  readonly snapshot: Snapshot;
  /** The plugin's version, and the gateway's. */
  readonly versions: { readonly plugin: string; readonly gateway: string };
  readonly upstream: UpstreamGauges;
  readonly keyLimits: readonly KeyLimits[];
  /** Problems of the configuration, as last found. */
  readonly problems: { readonly error: number; readonly warning: number };
  /** Sessions of direct calls, and of agent runs. */
  readonly sessions: SessionCounts;
  readonly agentSessions: SessionCounts;
  /** Agent runs under way. */
  readonly runs: number;
  readonly estimate: AgentTurnEstimate | null;
  readonly heap: { readonly usedBytes: number; readonly limitBytes: number };
  /** Open connections of the relay's own listener; undefined if it is off. */
  readonly connections: number | undefined;
}
