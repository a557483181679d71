/** A status and requests for tests of the page. */
import { idleGauges } from "./telemetry-events.ts";
import type { GatewayStatus } from "../../src/plane/gateway-status.ts";
import type { RequestView, SeriesView } from "../../src/telemetry/views.ts";

export const unusedStats = {
  requests: 0,
  disconnects: 0,
  clientErrors: 0,
  providerErrors: 0,
  relayErrors: 0,
  outcomes: {},
  tokensIn: 0,
  tokensOut: 0,
  tokensCached: 0,
  tokensCacheWrite: 0,
  tokensReasoning: 0,
  costUsd: 0,
  firstOutputMs: null,
  durationMs: null,
  betweenTokensMs: null,
  overheadMs: null,
} as const;

/** A provider that has answered nothing. */
export const unusedProvider = {
  ...unusedStats,
  provider: "local",
  state: "up",
  attempts: 0,
  failures: 0,
  recent: { attempts: 0, failures: 0, failureShare: null, firstOutputMs: null },
  lastFailure: null,
  circuit: "closed",
  credential: "ok",
  active: 0,
  queued: 0,
} as const;

/** What the gateway says after `requests` requests. */
export function gatewayStatusAfter(
  requests: number,
  since = "2026-11-22T08:00:00.000Z",
): GatewayStatus {
  return {
    ok: true,
    problems: [],
    mode: "passthrough",
    host: { version: "2026.9.6", capabilities: {} },
    at: new Date(Date.parse(since) + requests * 1000).toISOString(),
    since,
    totals: {
      ...unusedStats,
      requests,
      openRequests: 0,
      openStreams: 0,
      attempts: requests,
      retries: 0,
      fallbacks: 0,
      foldedNames: 0,
    },
    recent: {
      requests,
      providerErrors: 0,
      relayErrors: 0,
      failureShare: null,
      fallbackShare: null,
      firstOutputMs: null,
    },
    providers: [{ ...unusedProvider, attempts: requests }],
    targets: [],
    agents: [],
    modes: [],
    keys: [],
    fallbacks: [],
    estimate: null,
    pools: 1,
    upstream: idleGauges,
    sessions: { sessions: 0, bytes: 0, evictions: 0, expiries: 0 },
    agentSessions: { sessions: 0, bytes: 0, evictions: 0, expiries: 0 },
    runs: [],
    dataPlane: { state: "serving", deaths: 0, startedInMs: 100 },
  };
}

/** A request that succeeded, unless told otherwise. */
export function requestView(id: string, more: Partial<RequestView> = {}): RequestView {
  return {
    id,
    at: "2026-11-22T08:00:00.000Z",
    endpoint: "chat-completions",
    key: null,
    agent: "main",
    mode: "passthrough",
    askedModel: "openclaw",
    model: "local/m1",
    attempts: [
      {
        target: "local/m1",
        outcome: "ok",
        durationMs: 90,
        startMs: 5,
        skipped: false,
        wire: "openai-completions",
        status: null,
        firstOutputMs: 40,
      },
    ],
    status: 200,
    outcome: "ok",
    fault: null,
    stream: true,
    tokensIn: 10,
    tokensOut: 5,
    tokensCached: 0,
    tokensReasoning: 0,
    costUsd: 0,
    firstOutputMs: 45,
    durationMs: 100,
    overheadMs: 1,
    ...more,
  };
}

/** Points every `stepMs`, the last of which ends at `last` seconds. Each has its time as its requests. */
export function seriesUpTo(last: number, length: number, stepMs = 5000): SeriesView {
  const at = Array.from({ length }, (_, row) => last - ((length - 1 - row) * stepMs) / 1000);
  const zeros = at.map(() => 0);
  return {
    stepMs,
    at,
    requests: at,
    clientErrors: zeros,
    providerErrors: zeros,
    relayErrors: zeros,
    fallbacks: zeros,
    retries: zeros,
    tokensIn: zeros,
    tokensOut: zeros,
    costUsd: zeros,
    firstOutputP50Ms: at.map(() => null),
    firstOutputP99Ms: at.map(() => null),
  };
}
