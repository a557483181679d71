/** Records what happens to one request, for its response headers and its `request-end` event. */
import { randomUUID } from "node:crypto";
import { asRelayError } from "../errors.ts";
import type { AttemptRecord } from "./events.ts";

export interface Trace {
  /** A UUID that the relay chooses. */
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  readonly startedAtMs: number;
  readonly attempts: AttemptRecord[];
  /** If every target has failed, the attempt whose failure the client gets; else undefined. */
  reportedAttempt: AttemptRecord | undefined;
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

export function createTrace(endpoint: string, handedOverAs?: number): Trace {
  return {
    requestId: randomUUID(),
    endpoint,
    startedAtMs: performance.now(),
    handedOverAs,
    attempts: [],
    reportedAttempt: undefined,
    agentId: undefined,
    mode: undefined,
    session: undefined,
    limitHeaders: undefined,
  };
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
  const record = new TimedRecord(printable(target));
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
  }
}

/** A class, because one is made per attempt: an accessor of an object literal is defined anew for each object. */
class TimedRecord implements AttemptRecord {
  readonly target: string;
  route: AttemptRecord["route"] = undefined;
  outcome: AttemptRecord["outcome"] = "ok";
  failedStatus: number | undefined = undefined;
  usage: AttemptRecord["usage"] = undefined;
  dropped: AttemptRecord["dropped"] = undefined;
  readonly #startedAtMs = performance.now();
  #endedAtMs: number | undefined = undefined;

  constructor(target: string) {
    this.target = target;
  }

  get durationMs(): number {
    return Math.round((this.#endedAtMs ?? performance.now()) - this.#startedAtMs);
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
  { route, failure }: { readonly route: AttemptRecord["route"]; readonly failure: unknown },
): void {
  const { code, providerStatus, retryAfterMs } = asRelayError(failure);
  trace.attempts.push({
    target: printable(target),
    route,
    outcome: code,
    failedStatus: providerStatus,
    durationMs: 0,
    ...(code === "credential_refused" && retryAfterMs !== undefined
      ? { leftMs: retryAfterMs }
      : {}),
  });
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
  const time = leftMs === undefined ? `${durationMs} ms` : `${Math.ceil(leftMs / 1000)} s left`;
  return `${target} ${outcome}${status} ${time}`;
}

/** Replaces unprintable characters: a model reference may come from a header, with line breaks or terminal escapes. */
export function printable(text: string): string {
  return (/[^\x20-\x7e]/.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, "?") : text).slice(0, 200);
}
