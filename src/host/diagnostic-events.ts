/**
 * Feeds the host's own exporters, diagnostics-prometheus and diagnostics-otel, with the calls of passthrough and light mode.
 * Both take only trusted diagnostic events. The function that emits them is meant for the host's core and may disappear in
 * any release, so it is looked up, and nothing depends on it.
 */
import type { OpenClawConfig } from "openclaw/plugin-sdk/plugin-entry";
import type {
  CallReport,
  FailoverReport,
  ModelReport,
  UsageReport,
} from "../telemetry/model-reports.ts";
import { optionalSdk } from "./optional-sdk.ts";

type Emit = NonNullable<
  ReturnType<typeof optionalSdk.diagnosticRuntime>["emitTrustedDiagnosticEvent"]
>;
type DiagnosticEvent = Parameters<Emit>[0];

const exporters = ["diagnostics-prometheus", "diagnostics-otel"];

/** Whether the gateway's config enables one of the exporters, and this host takes events. */
export function wantsModelReports(config: OpenClawConfig): boolean {
  return (
    config.diagnostics?.enabled !== false &&
    exporters.some((id) => config.plugins?.entries?.[id]?.enabled === true) &&
    optionalSdk.diagnosticRuntime().emitTrustedDiagnosticEvent !== undefined
  );
}

/** Never throws. */
export function emitModelReports(reports: readonly ModelReport[]): void {
  const { emitTrustedDiagnosticEvent: emit } = optionalSdk.diagnosticRuntime();
  try {
    for (const report of reports) {
      emit?.(eventOf(report));
    }
  } catch {
    // A host that takes other events than this one. Its metrics lack ours.
  }
}

function eventOf(report: ModelReport): DiagnosticEvent {
  switch (report.kind) {
    case "call":
      return callEvent(report);
    case "usage":
      return usageEvent(report);
    case "failover":
      return failoverEvent(report);
  }
}

/** There is no `model.call.started`: reports come after the call, and the exporters take the start from the duration. */
function callEvent(report: CallReport): DiagnosticEvent {
  const { requestId, callId, route, wire, isStream, durationMs, firstOutputMs, outcome } = report;
  const call = {
    runId: requestId,
    callId,
    provider: route.provider,
    model: route.modelId,
    ...(wire === undefined ? {} : { api: wire }),
    transport: isStream ? "sse" : "http",
    observationUnit: "request" as const,
    durationMs,
    ...(firstOutputMs === undefined ? {} : { timeToFirstByteMs: firstOutputMs }),
  };
  return outcome === "ok"
    ? { type: "model.call.completed", ...call }
    : {
        type: "model.call.error",
        ...call,
        errorCategory: outcome,
        ...(outcome === "client_closed" ? { failureKind: "aborted" } : {}),
      };
}

/** The host's `input` excludes what was read from and written to the provider's cache. */
function usageEvent({ agentId, route, usage, costUsd, durationMs }: UsageReport): DiagnosticEvent {
  const { tokensIn, tokensOut, tokensCached, tokensCacheWrite } = usage;
  return {
    type: "model.usage",
    channel: "passthrough",
    ...(agentId === undefined ? {} : { agentId }),
    provider: route.provider,
    model: route.modelId,
    usage: {
      input: Math.max(0, tokensIn - tokensCached - tokensCacheWrite),
      output: tokensOut,
      cacheRead: tokensCached,
      cacheWrite: tokensCacheWrite,
      promptTokens: tokensIn,
      total: tokensIn + tokensOut,
    },
    ...(costUsd === undefined ? {} : { costUsd }),
    durationMs,
  };
}

function failoverEvent({ from, to, reason }: FailoverReport): DiagnosticEvent {
  return {
    type: "model.failover",
    fromProvider: from.provider,
    fromModel: from.modelId,
    toProvider: to.provider,
    toModel: to.modelId,
    reason,
  };
}
