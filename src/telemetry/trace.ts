/** Records what happens to one request, for its response headers and its `request-end` event. */
import { printable } from "./printable.ts";
import { randomUUID } from "node:crypto";
import { asRelayError } from "../errors.ts";
import type { AttemptRecord, ModelRoute, Subscriber } from "./events.ts";
import { newSpanId, type TraceContext } from "./trace-context.ts";

export interface Trace {
  /** A UUID that the relay chooses. */
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  readonly startedAtMs: number;
  /** Milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** When the body had been received; undefined for requests without one. From the same origin as `startedAtMs`. */
  receivedAtMs: number | undefined;
  /** When the first output went to the client. From the same origin as `startedAtMs`. */
  firstOutputAtMs: number | undefined;
  /** Whether the client asks for a stream. */
  isStream: boolean;
  /** The name of the caller's virtual key, `(operator)`, or undefined while the caller is not known. */
  caller: string | undefined;
  /** What the client asks for; printable, at most 200 characters. */
  askedModel: string | undefined;
  readonly attempts: AttemptRecord[];
  readonly publish: Subscriber;
  /** If every target has failed, the attempt whose failure the client gets; else undefined. */
  reportedAttempt: AttemptRecord | undefined;
  /** Its place in a distributed trace; undefined while no spans are exported. */
  context: TraceContext | undefined;
  /** Which of the requests that the gateway has handed over this is; undefined for others. */
  readonly handedOverAs: number | undefined;
  /** The agent that serves; undefined until it is chosen. */
  agentId: string | undefined;
  /** The mode that serves; undefined until it is chosen. */
  mode: string | undefined;
  /** Whether the request's session in memory existed already; undefined if it has none. */
  session: "new" | "continued" | undefined;
  /** Returns headers with the state of the caller's limits, as a flat list; undefined for callers without a key. */
  limitHeaders: (() => readonly string[]) | undefined;
}

export interface TraceOptions {
  readonly endpoint: string;
  readonly publish: Subscriber;
  readonly handedOverAs?: number | undefined;
}

export function createTrace({ endpoint, publish, handedOverAs }: TraceOptions): Trace {
  return {
    requestId: randomUUID(),
    endpoint,
    startedAtMs: performance.now(),
    arrivedAtMs: Date.now(),
    receivedAtMs: undefined,
    firstOutputAtMs: undefined,
    isStream: false,
    caller: undefined,
    askedModel: undefined,
    context: undefined,
    handedOverAs,
    attempts: [],
    publish,
    reportedAttempt: undefined,
    agentId: undefined,
    mode: undefined,
    session: undefined,
    limitHeaders: undefined,
  };
}

/** Notes that the request has been received. @param body what it asks for. */
export function noteRequest(
  trace: Trace,
  body: { readonly model?: string | undefined; readonly stream: boolean },
): void {
  trace.receivedAtMs = performance.now();
  trace.isStream = body.stream;
  trace.askedModel = body.model === undefined ? undefined : printable(body.model);
}

/** Notes that the first output goes to the client. */
export function noteFirstOutput(trace: Trace): void {
  trace.firstOutputAtMs = performance.now();
  trace.publish({ kind: "first-output", isStream: trace.isStream });
}

/** The attempt that the client's answer comes from: the last one, or the one whose failure is reported. */
export function answeringAttempt(trace: Trace): AttemptRecord | undefined {
  return trace.reportedAttempt ?? trace.attempts.at(-1);
}

/** The `x-openclaw-*` response headers, as a flat list of names and values. */
export function traceHeaders(trace: Trace): string[] {
  const list = ["x-openclaw-request-id", trace.requestId];
  if (trace.mode !== undefined) {
    list.push("x-openclaw-mode", trace.mode);
  }
  if (trace.session !== undefined) {
    list.push("x-openclaw-session-status", trace.session);
  }
  if (trace.attempts.length > 0) {
    list.push("x-openclaw-attempts", String(trace.attempts.length));
    list.push("x-openclaw-attempt-log", describeAttempts(trace.attempts, ", "));
  }
  const attempt = answeringAttempt(trace);
  const dropped = attempt?.dropped ?? [];
  if (dropped.length > 0) {
    list.push("x-openclaw-dropped-params", dropped.map(headerSafe).join(", "));
  }
  const route = attempt?.route;
  if (route !== undefined) {
    list.push("x-openclaw-provider", headerSafe(route.provider));
    list.push("x-openclaw-model", headerSafe(route.modelId));
  }
  return list;
}

/**
 * Runs one attempt and records its outcome.
 * @param target the target's name, for the log.
 * @param run receives the record, to set its route.
 */
export async function traced<T>(
  trace: Trace,
  target: string,
  run: (record: AttemptRecord) => Promise<T>,
): Promise<T> {
  const spanId = trace.context === undefined ? undefined : newSpanId();
  const record = new TimedRecord(printable(target), spanId);
  trace.attempts.push(record);
  try {
    return await run(record);
  } catch (failure) {
    const { code, providerStatus } = asRelayError(failure);
    record.outcome = code;
    record.failedStatus = providerStatus;
    throw failure;
  } finally {
    record.end();
    publishEnd(trace, record);
  }
}

function publishEnd({ requestId, endpoint, isStream, publish }: Trace, attempt: AttemptRecord) {
  publish({ kind: "attempt-end", requestId, endpoint, isStream, attempt });
}

/** A class, because one is made per attempt: an accessor of an object literal is defined anew for each object. */
class TimedRecord implements AttemptRecord {
  readonly target: string;
  readonly spanId: string | undefined;
  route: AttemptRecord["route"] = undefined;
  wire: string | undefined = undefined;
  outcome: AttemptRecord["outcome"] = "ok";
  failedStatus: number | undefined = undefined;
  usage: AttemptRecord["usage"] = undefined;
  costUsd: number | undefined = undefined;
  dropped: AttemptRecord["dropped"] = undefined;
  firstOutputMs: number | undefined = undefined;
  isSkipped = false;
  readonly startedAtMs = performance.now();
  #endedAtMs: number | undefined = undefined;

  constructor(target: string, spanId: string | undefined) {
    this.target = target;
    this.spanId = spanId;
  }

  get durationMs(): number {
    return (this.#endedAtMs ?? performance.now()) - this.startedAtMs;
  }

  end(): void {
    this.#endedAtMs = performance.now();
  }
}

/**
 * Records a target that was skipped without an attempt.
 * @param failure why it was skipped.
 */
export function notePassedOver(
  trace: Trace,
  target: string,
  { route, failure }: { readonly route: ModelRoute | undefined; readonly failure: unknown },
): void {
  const { code, providerStatus, retryAfterMs } = asRelayError(failure);
  const record: AttemptRecord = {
    target: printable(target),
    route: route && { provider: route.provider, modelId: route.modelId },
    wire: undefined,
    outcome: code,
    failedStatus: providerStatus,
    startedAtMs: performance.now(),
    durationMs: 0,
    firstOutputMs: undefined,
    isSkipped: true,
    ...(code === "credential_refused" && retryAfterMs !== undefined
      ? { leftMs: retryAfterMs }
      : {}),
  };
  trace.attempts.push(record);
  publishEnd(trace, record);
}

/** Model ids are free text in the host's config, but a header may only contain visible ASCII (RFC 9110, section 5.5). */
function headerSafe(text: string): string {
  return !/[^\x21-\x7e]/.test(text)
    ? text
    : text.replaceAll(/[^\x21-\x7e]/gu, (character) =>
        character.isWellFormed() ? encodeURIComponent(character) : "%EF%BF%BD",
      );
}

/** Only the last 16 attempts are described. Most requests have far fewer. */
const maxDescribed = 16;

/** Such as `local/qwen upstream_failed 503 22 ms; cloud/qwen ok 39 ms`. */
export function describeAttempts(attempts: readonly AttemptRecord[], separator: string): string {
  const [only] = attempts;
  return attempts.length === 1 && only !== undefined
    ? describeAttempt(only)
    : attempts.slice(-maxDescribed).map(describeAttempt).join(separator);
}

/** For a skipped credential, shows the rest of the cooldown in place of the duration: `credential_refused 41 s left`. */
function describeAttempt(attempt: AttemptRecord): string {
  const { target, outcome, failedStatus, durationMs, leftMs } = attempt;
  const status = failedStatus === undefined ? "" : ` ${failedStatus}`;
  const time =
    leftMs === undefined ? `${Math.round(durationMs)} ms` : `${Math.ceil(leftMs / 1000)} s left`;
  return `${target} ${outcome}${status} ${time}`;
}
