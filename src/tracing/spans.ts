/**
 * The spans of one request, by OpenTelemetry's conventions for generative AI: one of the request as its caller sees it, and
 * one of each attempt. They contain no prompts, answers or keys. Pure.
 */
import { type Attributes, SpanKind } from "@opentelemetry/api";
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
} from "@opentelemetry/semantic-conventions/incubating";
import { faultOf, type Outcome } from "../errors.ts";
import type { AttemptRecord, RequestEnd } from "../telemetry/events.ts";
import { isAgentRun, usedBy } from "../telemetry/request-view.ts";
import { operationOf } from "../telemetry/snapshot.ts";

/** A finished span. Times are in milliseconds since the epoch. */
export interface SpanRecord {
  readonly spanId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly isError: boolean;
}

interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** The request's span first. Attempts beyond the first 100 are left out. */
export function spansOf(end: RequestEnd, spanId: string): readonly SpanRecord[] {
  const attempts = end.attempts.slice(0, maxAttempts);
  /** The origin of `startedAtMs`, in milliseconds since the epoch. */
  const originMs = end.arrivedAtMs - end.startedAtMs;
  return [
    requestSpan(end, spanId, {
      originMs,
      skipped: attempts.filter(({ isSkipped }) => isSkipped),
    }),
    ...attempts.flatMap((attempt) =>
      attempt.isSkipped || attempt.spanId === undefined
        ? []
        : [attemptSpan(end, attempt, { spanId: attempt.spanId, originMs })],
    ),
  ];
}

const maxAttempts = 100;

function requestSpan(
  end: RequestEnd,
  spanId: string,
  { originMs, skipped }: { readonly originMs: number; readonly skipped: readonly AttemptRecord[] },
): SpanRecord {
  const { endpoint, mode, askedModel, arrivedAtMs, durationMs, firstOutputMs, answeredBy } = end;
  const isModelCall = modelEndpoints.has(endpoint);
  const operation = operationOf(endpoint, mode);
  const used = usedBy(end.attempts);
  const subject = operation === "invoke_agent" ? end.agentId : askedModel;
  return {
    spanId,
    name: isModelCall ? nameOf(operation, subject) : endpoint,
    kind: SpanKind.SERVER,
    startMs: arrivedAtMs,
    endMs: arrivedAtMs + durationMs,
    attributes: {
      ...(isModelCall ? { [ATTR_GEN_AI_OPERATION_NAME]: operation } : {}),
      [ATTR_GEN_AI_REQUEST_MODEL]: askedModel,
      [ATTR_GEN_AI_RESPONSE_MODEL]: end.outcome === "ok" ? answeredBy?.route?.modelId : undefined,
      [ATTR_GEN_AI_PROVIDER_NAME]: answeredBy?.route?.provider,
      [ATTR_GEN_AI_AGENT_NAME]: end.agentId,
      ...(isModelCall ? { [ATTR_GEN_AI_REQUEST_STREAM]: end.isStream } : {}),
      ...(used.tokensIn + used.tokensOut > 0 ? usageAttributes(used) : {}),
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: end.status,
      [ATTR_ERROR_TYPE]: end.fault === undefined ? undefined : end.outcome,
      "passthrough.request_id": end.requestId,
      "passthrough.outcome": end.outcome,
      "passthrough.mode": mode,
      "passthrough.key": end.caller,
      "passthrough.attempts": end.attempts.length,
      "passthrough.overhead_ms": Math.round(end.overheadMs * 10) / 10,
      "passthrough.cost_usd": used.costUsd > 0 ? used.costUsd : undefined,
    },
    events: [
      ...skipped.map((attempt) => skip(attempt, originMs)),
      ...firstOutput(arrivedAtMs, firstOutputMs),
    ],
    isError: isError(end.outcome),
  };
}

function attemptSpan(
  { endpoint, isStream }: RequestEnd,
  attempt: AttemptRecord,
  { spanId, originMs }: { readonly spanId: string; readonly originMs: number },
): SpanRecord {
  const { target, route, outcome, usage, failedStatus, firstOutputMs } = attempt;
  const startMs = originMs + attempt.startedAtMs;
  const isRun = isAgentRun(target);
  const operation = operationOf(endpoint, isRun ? "agent" : undefined);
  const model = isRun ? target : (route?.modelId ?? target);
  return {
    spanId,
    name: nameOf(operation, model),
    // The host makes the calls of an agent run.
    kind: isRun ? SpanKind.INTERNAL : SpanKind.CLIENT,
    startMs,
    endMs: startMs + attempt.durationMs,
    attributes: {
      [ATTR_GEN_AI_OPERATION_NAME]: operation,
      [ATTR_GEN_AI_REQUEST_MODEL]: route?.modelId,
      [ATTR_GEN_AI_RESPONSE_MODEL]: outcome === "ok" ? route?.modelId : undefined,
      [ATTR_GEN_AI_PROVIDER_NAME]: route?.provider,
      [ATTR_GEN_AI_REQUEST_STREAM]: isStream,
      ...(usage === undefined ? {} : usageAttributes(usage)),
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: failedStatus,
      [ATTR_ERROR_TYPE]: outcome === "ok" || outcome === "client_closed" ? undefined : outcome,
      "passthrough.outcome": outcome,
      "passthrough.wire": attempt.wire,
      "passthrough.cost_usd": attempt.costUsd,
      "passthrough.dropped_params": dropped(attempt),
    },
    events: firstOutput(startMs, firstOutputMs),
    isError: isError(outcome),
  };
}

/** Endpoints that call models. */
const modelEndpoints: ReadonlySet<string> = new Set(["chat-completions", "embeddings"]);

function nameOf(operation: string, subject: string | undefined): string {
  return subject === undefined ? operation : `${operation} ${subject}`;
}

interface Used {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly tokensCached: number;
  readonly tokensCacheWrite: number;
  readonly tokensReasoning?: number | undefined;
}

function usageAttributes(used: Used): Attributes {
  return {
    [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: used.tokensIn,
    [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: used.tokensOut,
    [ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: used.tokensCached,
    [ATTR_GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS]: used.tokensCacheWrite,
    [ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: used.tokensReasoning,
  };
}

/** A target that was skipped without an attempt. */
function skip({ target, outcome, startedAtMs, leftMs }: AttemptRecord, originMs: number) {
  return {
    name: "passthrough.target_skipped",
    atMs: originMs + startedAtMs,
    attributes: {
      "passthrough.target": target,
      [ATTR_ERROR_TYPE]: outcome,
      "passthrough.left_ms": leftMs,
    },
  };
}

function firstOutput(startMs: number, firstOutputMs: number | undefined): readonly SpanEvent[] {
  return firstOutputMs === undefined
    ? []
    : [{ name: "passthrough.first_output", atMs: startMs + firstOutputMs, attributes: {} }];
}

function dropped({ dropped: names = [] }: AttemptRecord): string[] | undefined {
  return names.length === 0 ? undefined : [...names];
}

/** A client's own mistake is no error of the relay's span (OpenTelemetry's conventions for HTTP servers). */
function isError(outcome: Outcome): boolean {
  const fault = faultOf(outcome);
  return fault === "provider" || fault === "relay";
}
