/** Gathers what the metrics are written from: the snapshot, and the current state of what it counts. */
import { getHeapStatistics } from "node:v8";
import { keyNamed } from "../access/all-keys.ts";
import type { StoredKeys } from "../config/schema.ts";
import { type MetricsFormat, renderMetrics } from "../metrics/open-metrics.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { Snapshot } from "../telemetry/snapshot.ts";
import type { KeyLimitView } from "../telemetry/views.ts";
import type { GatewayFacts } from "./gateway-facts.ts";
import type { Problem } from "./problems.ts";
import { estimateOf } from "./status.ts";

/** The state of the relay's own listener. */
export interface ListenerState {
  readonly connections: number;
  readonly problems: readonly Problem[];
}

export interface MetricsSourceParts {
  readonly host: Pick<GatewayFacts, "hostFacts">;
  /** The plugin's version. */
  readonly version: string;
  readonly snapshot: () => Snapshot;
  /** The problems that are known already. A scrape looks for no others. */
  readonly problems: () => readonly Problem[];
  readonly gauges: () => UpstreamGauges;
  readonly keys: () => StoredKeys;
  /** The limits of a key, by its name; empty if there is no such key. */
  readonly limitsOf: (key: string) => readonly KeyLimitView[];
  readonly sessions: () => Promise<SessionStoreStats>;
  readonly agentSessions: () => SessionStoreStats;
  /** Agent runs under way. */
  readonly runs: () => readonly unknown[];
  /** Undefined if the listener is off. */
  readonly listener: () => ListenerState | undefined;
}

export function createMetricsSource(
  parts: MetricsSourceParts,
): (format: MetricsFormat) => Promise<Buffer> {
  const { host, version } = parts;
  return async (format) => {
    const sessions = await parts.sessions();
    const listener = parts.listener();
    const snapshot = parts.snapshot();
    const heap = getHeapStatistics();
    return renderMetrics(
      {
        snapshot,
        versions: { plugin: version, gateway: host.hostFacts().version },
        upstream: parts.gauges(),
        keyLimits: limitedKeys(snapshot, parts.keys()).map((key) => ({
          key,
          limits: parts.limitsOf(key),
        })),
        problems: bySeverity([...parts.problems(), ...(listener?.problems ?? [])]),
        sessions,
        agentSessions: parts.agentSessions(),
        runs: parts.runs().length,
        estimate: estimateOf(snapshot),
        heap: { usedBytes: heap.used_heap_size, limitBytes: heap.heap_size_limit },
        connections: listener?.connections,
      },
      format,
    );
  };
}

function bySeverity(problems: readonly Problem[]): Record<Problem["severity"], number> {
  const error = problems.filter(({ severity }) => severity === "error").length;
  return { error, warning: problems.length - error };
}

/** Keys whose limits have samples. */
const maxLimitedKeys = 200;

/** Keys with limits: those in use first, then those that were not used since the start. */
function limitedKeys(snapshot: Snapshot, keys: StoredKeys): readonly string[] {
  const used = snapshot.keys.values().map(({ labels }) => labels);
  return [...new Set([...used, ...Object.keys(keys)])]
    .filter((name) => hasLimits(keyNamed(keys, name)))
    .slice(0, maxLimitedKeys);
}

function hasLimits(key: StoredKeys[string] | undefined): boolean {
  return (
    key !== undefined &&
    key.metrics !== true &&
    [
      key.requestsPerMinute,
      key.tokensPerMinute,
      key.maxConcurrent,
      key.budgetUsdPerDay,
      key.budgetUsdPerMonth,
    ].some((limit) => limit !== undefined)
  );
}
