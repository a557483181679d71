/** Runs agents in the host: one request in, pieces of text during the run, one result out. */
import { agentCommandFromIngress } from "openclaw/plugin-sdk/agent-runtime";
import { normalizeUsage } from "openclaw/plugin-sdk/agent-harness-runtime";
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";
import { buildHistoryContext } from "openclaw/plugin-sdk/reply-history";
import { normalizeMessageChannel } from "openclaw/plugin-sdk/routing";
import type { TextPiece } from "../agent/assistant-text.ts";
import type { ToolCall } from "../protocols/turn.ts";
import type { AgentRun, AgentRunResult } from "../agent/run.ts";
import { trimmed } from "../text/trimmed.ts";
import type { RunUsage } from "../answer/token-usage.ts";
import { isRecord } from "../text/json.ts";
import { agentFailure } from "./agent-failure.ts";
import type { ModelCalls } from "./model-calls.ts";
import { optionalSdk } from "./optional-sdk.ts";
import { yieldingToReplacement } from "./plugin-replacement.ts";
import { allowedTools, type ToolLimits } from "./tool-limits.ts";
import type { TrimmedRuns } from "./trimmed-runs.ts";

/** The channel that core's endpoint uses by default. */
const defaultChannel = "webchat";

/** Discards the answer that the host prints: only the client may read it. */
const silent = {
  log: () => undefined,
  error: () => undefined,
  exit: (code: number) => {
    throw new Error(`an agent run wants to exit with ${code}`);
  },
};

interface RunListeners extends Pick<AgentRun, "onText" | "onError"> {
  readonly onToolCall: (name: string) => void;
}

/** Host tools that call other tools. */
const callingTools: ReadonlySet<string> = new Set(["tool_call", "tool_search_code"]);

export interface AgentRuns {
  /** @throws RelayError if the run failed, or the signal's reason if it was aborted. */
  run(run: AgentRun): Promise<AgentRunResult>;
  close(): void;
}

export interface AgentRunsOptions {
  readonly events: OpenClawPluginApi["runtime"]["events"];
  readonly trimmedRuns: TrimmedRuns;
  readonly toolLimits: ToolLimits;
  readonly modelCalls: ModelCalls;
}

export function createAgentRuns({
  events,
  trimmedRuns,
  toolLimits,
  modelCalls,
}: AgentRunsOptions): AgentRuns {
  const listeners = new Map<string, RunListeners>();
  let unsubscribe: (() => void) | undefined;

  /** One host listener serves all runs: the host sends every run's events to each listener. */
  const subscribe = () => {
    unsubscribe ??= events.onAgentEvent(({ runId, stream, data }) => {
      const listener = listeners.get(runId);
      if (listener === undefined) {
        return;
      }
      if (stream === "assistant") {
        const piece = textPiece(data);
        if (piece !== undefined) {
          listener.onText(piece);
        }
      } else if (stream === "tool" && data["phase"] === "start") {
        listener.onToolCall(String(data["name"]));
      } else if (stream === "lifecycle" && data["phase"] === "error") {
        listener.onError(trimmed(data["error"]) ?? "Agent run failed");
      }
    });
  };

  const execute = async (run: AgentRun): Promise<AgentRunResult> => {
    subscribe();
    const { runId, onText, onError, onStep } = run;
    const calls = modelCalls.watch(run);
    listeners.set(runId, {
      onText,
      onError,
      onToolCall(name) {
        calls.catchUp();
        // A tool that is called through another tool has its own event.
        if (!callingTools.has(name)) {
          onStep({ kind: "tool-called", name });
        }
      },
    });
    try {
      const result = await trimmedRuns.guard(run, (signal) =>
        toolLimits.guard({ ...run, signal }, (limitedSignal) => command(run, limitedSignal)),
      );
      return readResult(result);
    } catch (cause) {
      run.signal.throwIfAborted();
      throw agentFailure(cause);
    } finally {
      listeners.delete(runId);
      await calls.settle();
    }
  };

  return {
    run: (run) => yieldingToReplacement(run, execute),
    close() {
      unsubscribe?.();
      unsubscribe = undefined;
      modelCalls.close();
    },
  };
}

function command(run: AgentRun, abortSignal: AbortSignal): Promise<unknown> {
  const { history, current } = run.conversation;
  const message =
    history.length === 0
      ? current
      : buildHistoryContext({ historyText: history.join("\n"), currentMessage: current });
  const toolsAllow = allowedTools(run);
  const options = {
    message,
    runId: run.runId,
    sessionKey: run.sessionKey,
    deliver: false,
    bestEffortDeliver: false,
    messageChannel: normalizeMessageChannel(run.messageChannel) ?? defaultChannel,
    allowModelOverride: false,
    abortSignal,
    ...(run.images.length === 0 ? {} : { images: [...run.images] }),
    ...(run.tools.length === 0 ? {} : { clientTools: [...run.tools] }),
    ...(toolsAllow === undefined ? {} : { toolsAllow }),
    ...(run.instructions === undefined ? {} : { extraSystemPrompt: run.instructions }),
    ...(run.streamParams === undefined ? {} : { streamParams: run.streamParams }),
  };
  return agentCommandFromIngress(options, silent);
}

function textPiece(data: Readonly<Record<string, unknown>>): TextPiece | undefined {
  const text = typeof data["text"] === "string" ? data["text"] : undefined;
  const delta = typeof data["delta"] === "string" ? data["delta"] : undefined;
  return text === undefined && delta === undefined
    ? undefined
    : {
        text,
        delta,
        itemId: typeof data["itemId"] === "string" && data["itemId"] ? data["itemId"] : undefined,
        replace: data["replace"] === true,
        replaceable: data["replaceable"] === true,
      };
}

function readResult(result: unknown): AgentRunResult {
  const { payloads, meta } = (isRecord(result) ? result : {}) as {
    payloads?: unknown;
    meta?: unknown;
  };
  const about = isRecord(meta) ? meta : {};
  const agentMeta = isRecord(about["agentMeta"]) ? about["agentMeta"] : {};
  const { provider, model } = agentMeta;
  return {
    failed: hasFailed(result, about),
    text: textOf(payloads),
    stopReason: typeof about["stopReason"] === "string" ? about["stopReason"] : undefined,
    toolCalls: callsOf(about["pendingToolCalls"]),
    usage: usageOf(agentMeta),
    model:
      typeof provider === "string" && typeof model === "string"
        ? { provider, modelId: model }
        : undefined,
  };
}

/** Hosts up to 2026.7.35 report no outcome; there an error or the stop reason marks a failed run. */
function hasFailed(result: unknown, meta: Readonly<Record<string, unknown>>): boolean {
  const { readAgentRunTerminalOutcome } = optionalSdk.channelInbound();
  return readAgentRunTerminalOutcome === undefined
    ? Boolean(meta["error"]) || meta["stopReason"] === "error"
    : readAgentRunTerminalOutcome(result) === "failed";
}

function textOf(payloads: unknown): string | undefined {
  const texts = (Array.isArray(payloads) ? payloads : []).flatMap((payload) =>
    isRecord(payload) && typeof payload["text"] === "string" ? [payload["text"]] : [],
  );
  return texts.length === 0 ? undefined : texts.filter(Boolean).join("\n\n");
}

function callsOf(pending: unknown): ToolCall[] {
  return (Array.isArray(pending) ? pending : []).flatMap((call) => {
    const id = isRecord(call) ? trimmed(call["id"]) : undefined;
    const name = isRecord(call) ? trimmed(call["name"]) : undefined;
    const given: unknown = isRecord(call) ? (call["arguments"] ?? "") : "";
    return id === undefined || name === undefined
      ? []
      : [{ id, name, arguments: typeof given === "string" ? given : JSON.stringify(given) }];
  });
}

/** The run's total usage if it counted any tokens, else that of its last call. */
function usageOf(agentMeta: Readonly<Record<string, unknown>>): RunUsage | undefined {
  const [total, last] = [agentMeta["usage"], agentMeta["lastCallUsage"]].map((usage) =>
    normalizeUsage(usage as Parameters<typeof normalizeUsage>[0]),
  );
  return [total, last].find(hasCounted) ?? total ?? last;
}

function hasCounted(usage: RunUsage | undefined): boolean {
  return Object.values(usage ?? {}).some((count) => typeof count === "number" && count > 0);
}
