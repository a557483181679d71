/**
 * Writes the log: one line per request. At debug level if the request had at most one attempt and no failure, or only one
 * by the client's fault; else as a warning.
 */
import { describeAttempts, printable } from "./trace.ts";
import type { CredentialRefused, RequestEnd, Subscriber } from "./events.ts";

/** The part of the host's logger that the relay uses. */
export interface Logger {
  /** Undefined while debug lines are off, so that none is formatted. */
  readonly debug: ((message: string) => void) | undefined;
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
}

export function createRelayLog(logger: Logger): Subscriber {
  return (event) => {
    if (event.kind === "request-end") {
      const write = isQuiet(event) ? logger.debug : logger.warn;
      if (write !== undefined) {
        write(requestLine(event));
      }
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
    }
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

function requestLine(event: RequestEnd): string {
  return [
    `passthrough: ${event.endpoint} ${event.requestId}: status ${event.status}, ${event.outcome}, ${Math.round(event.durationMs)} ms`,
    ...(event.attempts.length === 0 ? [] : [`attempts: ${describeAttempts(event.attempts, "; ")}`]),
    ...(event.trace === undefined ? [] : [event.trace]),
  ].join(", ");
}
