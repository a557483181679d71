/** What metrics are written from, for tests: as little as possible, or as much. */
import type { Outcome } from "../../src/errors.ts";
import type { MetricsState } from "../../src/metrics/metrics-state.ts";
import { createSnapshot } from "../../src/telemetry/snapshot.ts";
import { attemptRecord, idleGauges, publish, requestEnd } from "./telemetry-events.ts";

export function metricsState(more: Partial<MetricsState> = {}): MetricsState {
  const nothing = { sessions: 0, bytes: 0, evictions: 0, expiries: 0 };
  return {
    snapshot: createSnapshot(),
    versions: { plugin: "1.2.3", gateway: "2026.9.6" },
    upstream: idleGauges,
    keyLimits: [],
    problems: { error: 0, warning: 0 },
    sessions: nothing,
    agentSessions: nothing,
    runs: 0,
    estimate: null,
    heap: { usedBytes: 1, limitBytes: 2 },
    connections: undefined,
    ...more,
  };
}

const modes = ["passthrough", "light", "agent"];
const failures: Outcome[] = ["upstream_failed", "upstream_silent", "upstream_rate_limited"];
const limits = ["requests", "tokens", "concurrency", "budget-day", "budget-month"];
const usage = {
  tokensIn: 12_345,
  tokensOut: 678,
  tokensCached: 901,
  tokensCacheWrite: 0,
};
const rareUsage = { tokensCacheWrite: 234, tokensReasoning: 56 };

/**
 * Every table is full, with names of usual length, and more than it holds. Every name has successes and failures.
 * @param isHostile whether names are long, too, and every name has everything that there is.
 */
export function fullState(isHostile = false): MetricsState {
  const names = 250;
  const tail = isHostile ? "-with-ä-name-that-goes-on" : "";
  const snapshot = createSnapshot();
  for (let at = 0; at < names; at += 1) {
    const provider = `provider-${at}${tail}`;
    const target = `${provider}/model-${at}-instruct`;
    const [mode = "", failure = "ok"] = [modes[at % 3], failures[at % 3]];
    const shared = {
      mode,
      agentId: `agent-${at}${tail}`,
      caller: `virtual-key-${at}`,
      isStream: true,
    };
    const failed = attemptRecord(target, failure, { durationMs: 12.3 + at });
    const answered = attemptRecord(target, "ok", {
      durationMs: 123.4 + at,
      firstOutputMs: 45.6 + at,
      usage: isHostile ? { ...usage, ...rareUsage } : usage,
      costUsd: 0.0123456 + at / 1e7,
    });
    const ends: Parameters<typeof requestEnd>[0][] = [
      { attempts: [answered] },
      { attempts: [failed, attemptRecord("backup/model", "ok", { usage })] },
      { attempts: [failed], outcome: failure, status: 502 },
      { outcome: "rate_limit_exceeded", status: 429 },
    ];
    if (isHostile) {
      ends.push(
        { attempts: [attemptRecord(target, "client_closed")], outcome: "client_closed" },
        { attempts: [attemptRecord(target, "upstream_cut")], outcome: "upstream_cut" },
        { outcome: "internal_error", status: 500 },
      );
    }
    for (const end of ends) {
      publish(snapshot, { ...shared, durationMs: 150 + at, firstOutputMs: 60 + at, ...end });
    }
    for (const limit of limits.slice(0, 2)) {
      snapshot.subscriber({ kind: "limit-refusal", caller: shared.caller, limit });
    }
  }
  const some = Array.from({ length: 200 }, (_, at) => at);
  return metricsState({
    snapshot,
    upstream: {
      active: 200,
      queued: 200,
      providers: some.map((at) => ({ provider: `provider-${at}`, active: 1, queued: 1 })),
      circuits: some.map((at) => ({
        target: `provider-${at}/model-${at}-instruct`,
        state: "open",
      })),
      openCircuits: [],
      refusedCredentials: some.map((at) => ({
        provider: `provider-${at}`,
        source: "config",
        status: 401,
        leftMs: 1,
        skipped: 0,
      })),
    },
    keyLimits: some.map((at) => ({
      key: `virtual-key-${at}`,
      limits: limits.map((name) => ({ name, limit: 1000, remaining: 999 - at / 7, resetAt: "" })),
    })),
    estimate: {
      isEstimate: true,
      samples: 3,
      averageTokensIn: 10_000,
      averageCostUsd: 0.1,
      requests: 4,
      savedTokensIn: 30_000,
      savedCostUsd: 0.3,
    },
    connections: 5,
  });
}
