/** The relay's status from events, as a running gateway would report it, for tests of what shows it. */
import { resolveConfig } from "../../src/config/resolve.ts";
import type { GatewayStatus, RelayStatus } from "../../src/console/ask.ts";
import { liveProblems } from "../../src/control/live-problems.ts";
import { errorsFirst, type Problem } from "../../src/control/problems.ts";
import { createStatus, type StatusParts } from "../../src/control/status.ts";
import type { RelayEvent } from "../../src/telemetry/events.ts";
import { createSnapshot } from "../../src/telemetry/snapshot.ts";
import { createDispatchers } from "../../src/upstream/dispatchers.ts";
import { attemptRecord, idleGauges, requestEnd } from "./telemetry-events.ts";

const calm: Omit<StatusParts, "snapshot" | "dispatchers"> = {
  host: {
    config: () => resolveConfig({ mode: "passthrough" }),
    coreEndpoints: () => [],
    gatewayPort: () => 18789,
    hostFacts: () => ({ version: "2026.9.6", capabilities: {} }),
  },
  problems: async () => [],
  gauges: () => idleGauges,
  limitsOf: () => [],
  sessions: async () => ({ sessions: 0, bytes: 0, evictions: 0, expiries: 0 }),
  agentSessions: () => ({ sessions: 0, bytes: 0, evictions: 0, expiries: 0 }),
  runs: () => [],
};

/** @param more parts that differ from those of an idle relay. */
export async function relayStatus(
  events: readonly RelayEvent[] = [],
  more: Partial<StatusParts> = {},
): Promise<RelayStatus> {
  const snapshot = createSnapshot();
  for (const event of events) {
    snapshot.subscriber(event);
  }
  return createStatus({
    ...calm,
    snapshot: () => snapshot,
    dispatchers: createDispatchers(),
    ...more,
  })();
}

export function gatewayStatus(
  relay: RelayStatus | undefined,
  more: Partial<GatewayStatus> = {},
): GatewayStatus {
  const live = relay === undefined ? [] : liveProblems(relay);
  return {
    ok: true,
    dataPlane: { state: "serving" },
    relay,
    ...more,
    problems: errorsFirst([...live, ...(more.problems ?? [])]),
  };
}

const usage = { tokensIn: 1200, tokensOut: 80, tokensCached: 200, tokensCacheWrite: 0 };

/** A problem of the configuration. */
export const unknownAgent: Problem = {
  severity: "warning",
  path: "plugins.entries.passthrough.config.agents.nobody",
  message: 'There is no agent "nobody", so these settings are never used.',
  fix: 'Rename it to one of "main", or remove it.',
};

/** A relay with a good and a bad provider, and a key over its limit. */
export function busyRelay(): Promise<RelayStatus> {
  const events: RelayEvent[] = [];
  for (let at = 0; at < 40; at += 1) {
    const failed = attemptRecord("cloud/gpt-9-turbo", "upstream_failed", { failedStatus: 503 });
    const served = attemptRecord("local/qwen-4-72b", "ok", {
      usage,
      costUsd: 0.0123,
      durationMs: 900 + at,
      firstOutputMs: 210 + at * 9,
      startedAtMs: 1005,
    });
    const attempts = at % 4 === 0 ? [failed, served] : [served];
    const caller = at % 3 === 0 ? "(operator)" : "voice-bot";
    for (const attempt of attempts) {
      events.push({
        kind: "attempt-end",
        requestId: `id-${at}`,
        endpoint: "chat-completions",
        isStream: true,
        attempt,
      });
    }
    events.push(
      { kind: "request-start" },
      { kind: "first-output", isStream: true },
      requestEnd({
        attempts,
        caller,
        isStream: true,
        durationMs: 1000 + at,
        firstOutputMs: 230 + at * 9,
      }),
    );
  }
  events.push(
    { kind: "request-start" },
    requestEnd({ caller: undefined, agentId: undefined, status: 401, outcome: "invalid_api_key" }),
    { kind: "limit-refusal", caller: "voice-bot", limit: "budget-day" },
    { kind: "request-start" },
    requestEnd({ caller: "voice-bot", status: 429, outcome: "insufficient_quota" }),
  );
  return relayStatus(events, {
    gauges: () => ({
      active: 2,
      queued: 1,
      providers: [{ provider: "local", active: 2, queued: 1 }],
      circuits: [{ target: "cloud/gpt-9-turbo", state: "open" }],
      openCircuits: ["cloud/gpt-9-turbo"],
      refusedCredentials: [
        { provider: "cloud", source: "config", status: 401, leftMs: 41_000, skipped: 3 },
      ],
    }),
    limitsOf: (key) =>
      key === "voice-bot"
        ? [
            { name: "requests", limit: 60, remaining: 41, resetAt: "2026-11-22T10:00:12.000Z" },
            { name: "budget-day", limit: 0.3, remaining: 0, resetAt: "2026-11-23T00:00:00.000Z" },
          ]
        : [],
    runs: () => [{ agent: "main", key: null, ageMs: 73_000, modelCalls: 4 }],
  });
}
