/** What happens to one request, noted as it happens: the source of its response headers and of its end event. */
import { randomUUID } from "node:crypto";
import { asRelayError } from "../errors.ts";
import type { AttemptRecord } from "./events.ts";

export interface Trace {
  /** Ours, not the client's: a UUID. */
  readonly requestId: string;
  /** The route, such as `chat-completions`. */
  readonly endpoint: string;
  readonly startedAtMs: number;
  readonly attempts: AttemptRecord[];
  /** The attempt whose failure the client gets, where every target has failed; undefined otherwise. */
  reportedAttempt: AttemptRecord | undefined;
  /** The agent that serves, once it is chosen. */
  agentId: string | undefined;
  /** The mode that serves, once it is chosen. */
  mode: "agent" | "light" | "passthrough" | undefined;
  /** Whether the request's session was there already; undefined where it has none. */
  session: "new" | "continued" | undefined;
  /** Headers that tell how the limits of the caller's key stand, as a flat list; undefined for callers without a key. */
  limitHeaders: (() => readonly string[]) | undefined;
}

export function createTrace(endpoint: string): Trace {
  return {
    requestId: randomUUID(),
    endpoint,
    startedAtMs: performance.now(),
    attempts: [],
    reportedAttempt: undefined,
    agentId: undefined,
    mode: undefined,
    session: undefined,
    limitHeaders: undefined,
  };
}

/** The attempt that the answer is of: the last one, or the one whose failure is the answer. */
export function answeringAttempt(trace: Trace): AttemptRecord | undefined {
  return trace.reportedAttempt ?? trace.attempts.at(-1);
}

/** The headers that tell a client what happened, as a flat list of names and values. */
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
  const route = answeringAttempt(trace)?.route;
  if (route !== undefined) {
    list.push("x-openclaw-provider", headerSafe(route.provider));
    list.push("x-openclaw-model", headerSafe(route.modelId));
  }
  return list;
}

/**
 * Runs one attempt and notes what became of it.
 * @param target how the config names the target.
 * @param run gets the note, to write into it where the target leads.
 */
export async function traced<T>(
  trace: Trace,
  target: string,
  run: (record: AttemptRecord) => Promise<T>,
): Promise<T> {
  const startedAtMs = performance.now();
  const record: AttemptRecord = {
    target: printable(target),
    route: undefined,
    outcome: "ok",
    failedStatus: undefined,
    get durationMs() {
      return Math.round((endedAtMs ?? performance.now()) - startedAtMs);
    },
  };
  let endedAtMs: number | undefined;
  trace.attempts.push(record);
  try {
    return await run(record);
  } catch (failure) {
    const { code, providerStatus } = asRelayError(failure);
    record.outcome = code;
    record.failedStatus = providerStatus;
    throw failure;
  } finally {
    endedAtMs = performance.now();
  }
}

/**
 * Notes an attempt that was not made.
 * @param failure why.
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

/** Model ids are free text in the host's config; a header takes visible ASCII only (RFC 9110, section 5.5). */
function headerSafe(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/gu, (character) =>
    character.isWellFormed() ? encodeURIComponent(character) : "%EF%BF%BD",
  );
}

/** A request has a handful of attempts; whatever is more is left out. */
const maxDescribed = 16;

/** `local/qwen upstream_failed 503 22 ms; cloud/qwen ok 39 ms`, with the separator that is asked for. */
export function describeAttempts(attempts: readonly AttemptRecord[], separator: string): string {
  return attempts.slice(-maxDescribed).map(describeAttempt).join(separator);
}

/** An attempt that was not made has the time that is left in place of the time that it took: `credential_refused 41 s left`. */
function describeAttempt(attempt: AttemptRecord): string {
  const { target, outcome, failedStatus, durationMs, leftMs } = attempt;
  const status = failedStatus === undefined ? "" : ` ${failedStatus}`;
  const time = leftMs === undefined ? `${durationMs} ms` : `${Math.ceil(leftMs / 1000)} s left`;
  return `${target} ${outcome}${status} ${time}`;
}

/** A model reference may come from a header; no line break and no terminal escape of it gets anywhere. */
export function printable(text: string): string {
  return (/[^\x20-\x7e]/.test(text) ? text.replaceAll(/[^\x20-\x7e]/g, "?") : text).slice(0, 200);
}
