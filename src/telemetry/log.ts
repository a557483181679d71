/**
 * Writes the log. Failures and fallbacks are warnings: the first of a kind in full, then one line a minute with how many
 * there were. With `log.requests`, each request has one line at info level, up to `log.maxPerSecond`.
 */
import type { Fault } from "../errors.ts";
import { createFolds, type Folds } from "./folds.ts";
import { createLineBudget } from "./line-budget.ts";
import { movesOf } from "./moves.ts";
import { type LineFormat, requestFields, writeLine } from "./request-line.ts";
import { printable } from "./printable.ts";
import { describeAttempts } from "./trace.ts";
import type { AttemptRecord, CredentialRefused, RequestEnd, Subscriber } from "./events.ts";

/** The part of the host's logger that the relay uses. */
export interface Logger {
  /** Undefined while debug lines are off, so that none is formatted. */
  readonly debug: ((message: string) => void) | undefined;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

/** The setting `log`. */
interface RequestLogSettings {
  readonly requests: boolean;
  readonly format: LineFormat;
  readonly maxPerSecond: number;
}

export interface RelayLog {
  readonly subscriber: Subscriber;
  /** Writes what is counted and not told yet. */
  stop(): void;
}

/** @param settings the current ones. */
export function createRelayLog(logger: Logger, settings: () => RequestLogSettings): RelayLog {
  const folds = createFolds({ write: logger.warn });
  const budget = createLineBudget();
  const logRequest = (end: RequestEnd) => {
    const { requests, format, maxPerSecond } = settings();
    if (requests) {
      const leftOut = budget.take(maxPerSecond);
      if (leftOut !== undefined) {
        logger.info(`passthrough: ${writeLine(requestFields(end, leftOut), format)}`);
      }
    }
    const isTold = !isQuiet(end) && tellTrouble(folds, end);
    if (!isTold) {
      logger.debug?.(requestLine(end));
    }
  };
  return {
    subscriber: (event) => {
      if (event.kind === "request-end") {
        logRequest(event);
      } else if (event.kind === "circuit-change") {
        const write = event.state === "open" ? logger.warn : logger.info;
        write(`passthrough: the circuit to ${printable(event.target)} is ${event.state}`);
      } else if (event.kind === "session-kept") {
        logger.warn(
          `passthrough: a session in memory of agent ${printable(event.agentId)} could not be deleted; ` +
            "it ends when the gateway restarts",
        );
      } else if (event.kind === "credential-refused") {
        logger.warn(credentialLine(event));
      } else if (event.kind === "problem-found") {
        logger.warn(`passthrough: ${event.line}`);
      }
    },
    stop: folds.stop,
  };
}

function credentialLine({ provider, source, status }: CredentialRefused): string {
  return (
    `passthrough: the provider ${printable(provider)} refused the credential of ${printable(source)} with status ${status}; ` +
    (status === 401
      ? "it is not used for a minute, unless it changes"
      : "the request may be the cause, so the next request uses the credential again")
  );
}

function isQuiet({ attempts, fault }: RequestEnd): boolean {
  return attempts.length <= 1 && (fault === undefined || fault === "client");
}

/** Counts each kind of trouble. @returns whether one was new, so that the request's whole line was written. */
function tellTrouble(folds: Folds, end: RequestEnd): boolean {
  let isTold = false;
  for (const kind of troubles(end)) {
    // One line tells all of the request's troubles.
    isTold = (isTold ? folds.count(kind) : folds.add(kind, requestLine(end))) || isTold;
  }
  return isTold;
}

/** More fallbacks of one request are not told apart. */
const maxTroubles = 16;

/** Such as `local/qwen → cloud/qwen (upstream_failed 503)`, and what the request failed with. */
function troubles(end: RequestEnd): ReadonlySet<string> {
  const { attempts, answeredBy, fault, outcome, endpoint } = end;
  const { fallbacks, retries } = movesOf(attempts);
  const kinds = new Set(
    fallbacks
      .slice(0, maxTroubles)
      .map(({ from, to }) => `${from} → ${to} (${reasonOf(failureAt(attempts, from))})`),
  );
  if (isFailure(fault)) {
    const subject = answeredBy?.target ?? endpoint;
    kinds.add(`${subject} failed (${outcome}${statusOf(answeredBy)})${placeOf(end)}`);
  } else if (retries > 0 && fallbacks.length === 0) {
    kinds.add(`${attempts[0]?.target} was tried again (${reasonOf(attempts[0])})`);
  } else if (kinds.size === 0) {
    kinds.add(`${answeredBy?.target ?? endpoint}: ${outcome} after more than one attempt`);
  }
  return kinds;
}

function isFailure(fault: Fault | undefined): boolean {
  return fault === "provider" || fault === "relay";
}

/** The last failure of a target. */
function failureAt(attempts: readonly AttemptRecord[], target: string): AttemptRecord | undefined {
  return attempts.findLast((attempt) => attempt.target === target && attempt.outcome !== "ok");
}

function reasonOf(attempt: AttemptRecord | undefined): string {
  return attempt === undefined ? "unknown" : `${attempt.outcome}${statusOf(attempt)}`;
}

function statusOf(attempt: AttemptRecord | undefined): string {
  return attempt?.failedStatus === undefined ? "" : ` ${attempt.failedStatus}`;
}

/** Unexpected errors of different places are different troubles. */
function placeOf({ trace }: RequestEnd): string {
  const place = trace?.split("\n", 2)[1]?.trim();
  return place === undefined ? "" : ` ${place}`;
}

function requestLine(event: RequestEnd): string {
  return [
    `passthrough: ${event.endpoint} ${event.requestId}: status ${event.status}, ${event.outcome}, ${Math.round(event.durationMs)} ms`,
    ...(event.attempts.length === 0 ? [] : [`attempts: ${describeAttempts(event.attempts, "; ")}`]),
    ...(event.trace === undefined ? [] : [event.trace]),
  ].join(", ");
}
