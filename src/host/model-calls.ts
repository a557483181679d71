/**
 * Reports the model calls of agent runs, one by one. There are two sources:
 *
 * - With diagnostics enabled (the default), the host's diagnostic events report each call with its tokens. The host queues
 *   them, so `catchUp` also reads events that are not delivered yet.
 * - With `diagnostics.enabled: false`, the hooks `model_call_started` and `model_call_ended` report sizes but no tokens.
 *   Hooks run in another copy of this module than routes do (`shared-map.ts`).
 */
import {
  hasPendingInternalDiagnosticEvent,
  isDiagnosticsEnabled,
  onInternalDiagnosticEvent,
  waitForDiagnosticEventsDrained,
} from "openclaw/plugin-sdk/diagnostic-runtime";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import type { AgentRun, CallTook, RunStep } from "../agent/run.ts";
import { tokenUsage } from "../agent/usage.ts";
import { optionalSdk } from "./optional-sdk.ts";
import { sharedMap } from "./shared-map.ts";

export interface ModelCalls {
  /** Reports the calls of one run, from now on. */
  watch(run: Pick<AgentRun, "runId" | "onStep" | "signal">): WatchedCalls;
  close(): void;
}

interface WatchedCalls {
  /** Reports the events that the host has queued but not delivered. */
  catchUp(): void;
  /** Call it after the run: reports the remaining events, and reports open calls as ended. */
  settle(): Promise<void>;
}

type DiagnosticEvent = Parameters<Parameters<typeof onInternalDiagnosticEvent>[0]>[0];

/** One event of a call, from either source. Sizes are in bytes. */
interface Report {
  readonly runId: string;
  /** Unique among the open calls of a run; the host reuses ids when it retries. */
  readonly callId: string;
  /** Increases with each diagnostic event, which may be seen twice. Undefined for a hook, which runs once. */
  readonly seq: number | undefined;
  readonly provider: string;
  readonly modelId: string;
  readonly sentBytes: number | undefined;
  /** Undefined if the call has not ended. */
  readonly end: CallEnd | undefined;
}

/** The end of a call, from either source. */
interface CallEnd {
  readonly usage?: Parameters<typeof tokenUsage>[0];
  readonly requestPayloadBytes?: number;
  readonly responseStreamBytes?: number;
  /** Whether the provider answered with an error; false for a call that was cut off. */
  readonly isErrorAnswer: boolean;
}

/** Up to this length, an error's body counts as a plain refusal, without output to pay for. */
const maxErrorBytes = 1024;

/** Listeners by run id. */
const reporters = () => sharedMap<(report: Report) => void>("model-calls");

const eventTypes = ["model.call.started", "model.call.completed", "model.call.error"] as const;

export function createModelCalls(): ModelCalls {
  let unsubscribe: (() => void) | undefined;
  const subscribe = () => {
    unsubscribe ??= onInternalDiagnosticEvent(
      (event) => {
        const report = reportOf(event);
        if (report !== undefined) {
          reporters().get(report.runId)?.(report);
        }
      },
      { include: eventTypes },
    );
  };
  return {
    watch({ runId, onStep, signal }) {
      subscribe();
      const calls = createCallList(onStep, signal);
      reporters().set(runId, calls.take);
      const catchUp = () => {
        hasPendingInternalDiagnosticEvent((event) => {
          const report = reportOf(event);
          if (report?.runId === runId) {
            calls.take(report);
          }
          return false;
        });
      };
      return {
        catchUp,
        async settle() {
          await waitForDiagnosticEventsDrained();
          reporters().delete(runId);
          calls.endAll();
        },
      };
    },
    close() {
      unsubscribe?.();
      unsubscribe = undefined;
    },
  };
}

/**
 * Must be called in each copy of the plugin.
 * @param current returns the host's config.
 */
export function registerModelCallHooks(
  api: Pick<OpenClawPluginApi, "on">,
  current: () => OpenClawConfig,
): void {
  const take = (report: Report) => {
    // With diagnostics enabled, the events report the same calls in more detail.
    if (!areDiagnosticsEnabled(current)) {
      reporters().get(report.runId)?.(report);
    }
  };
  api.on("model_call_started", (event) => take(startReport(event)));
  api.on("model_call_ended", (event) => take(endReport(event, event.outcome === "error")));
}

/** Asks the process-wide switch. Hosts before 2026.9.6 do not export it; there the config tells. */
function areDiagnosticsEnabled(current: () => OpenClawConfig): boolean {
  const { areDiagnosticsEnabledForProcess } = optionalSdk.diagnosticRuntime();
  return areDiagnosticsEnabledForProcess?.() ?? isDiagnosticsEnabled(current());
}

/** Turns reports into steps: one for each start and one for each end, even if a report comes twice. */
function createCallList(onStep: (step: RunStep) => void, signal: AbortSignal) {
  const open = new Map<string, Report>();
  let lastSeq = -1;
  /** Estimate for a call that was cut off and reports no size: the call before it was nearly as large. */
  let lastSentBytes = 0;
  const take = (report: Report) => {
    const { callId, provider, modelId, seq = lastSeq + 1, end } = report;
    if (seq <= lastSeq) {
      return;
    }
    lastSeq = seq;
    const started = open.get(callId);
    if (started === undefined) {
      open.set(callId, report);
      onStep({ kind: "call-started", provider, modelId });
    }
    lastSentBytes = report.sentBytes ?? started?.sentBytes ?? lastSentBytes;
    if (end !== undefined) {
      open.delete(callId);
      const wasCut = !end.isErrorAnswer || signal.aborted;
      const took = usageOf({ ...end, isErrorAnswer: !wasCut }, lastSentBytes);
      onStep({ kind: "call-ended", provider, modelId, took });
    }
  };
  return {
    take,
    endAll() {
      for (const report of open.values()) {
        take({ ...report, seq: undefined, end: { isErrorAnswer: false } });
      }
    },
  };
}

function usageOf(end: CallEnd, sentBytes: number): CallTook {
  const usage = tokenUsage(end.usage);
  // If the provider reports no usage, the host reports zeros.
  if (usage.tokensIn > 0 || usage.tokensOut > 0) {
    return { kind: "counted", usage };
  }
  const answerBytes = end.responseStreamBytes ?? 0;
  return end.isErrorAnswer && answerBytes <= maxErrorBytes
    ? { kind: "nothing" }
    : { kind: "uncounted", sentBytes, answerBytes };
}

function reportOf(event: DiagnosticEvent): Report | undefined {
  switch (event.type) {
    case "model.call.started":
      return startReport(event);
    case "model.call.completed":
      return endReport(event, false);
    case "model.call.error":
      return endReport(event, true);
    default:
      return undefined;
  }
}

interface CallEvent {
  readonly runId: string;
  readonly callId: string;
  readonly provider: string;
  readonly model: string;
  readonly promptStats?: { readonly totalChars?: number };
  readonly seq?: number;
}

function startReport(event: CallEvent): Report {
  const { runId, callId, seq, provider, model, promptStats } = event;
  const sentBytes = promptStats?.totalChars;
  return { runId, callId, seq, provider, modelId: model, sentBytes, end: undefined };
}

interface EndEvent extends CallEvent, Omit<CallEnd, "isErrorAnswer"> {
  /** Why a call was cut off; undefined if the provider answered. */
  readonly failureKind?: string;
}

function endReport(event: EndEvent, isError: boolean): Report {
  const started = startReport(event);
  return {
    ...started,
    sentBytes: event.requestPayloadBytes ?? started.sentBytes,
    end: { ...event, isErrorAnswer: isError && event.failureKind === undefined },
  };
}
