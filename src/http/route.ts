/** What all routes share: the method, the trace, the answer to a failure, the event at the end. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { faultOf, RelayError } from "../errors.ts";
import type { Subscriber } from "../telemetry/events.ts";
import { createTrace, type Trace } from "../telemetry/trace.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { sendFailure } from "./reply.ts";
import { type ClientConnection, createClientConnection } from "./client-connection.ts";

/** Serves one request: sends an answer to `client`, or throws. */
export type Endpoint<Caller> = (call: EndpointCall<Caller>) => Promise<void>;

interface EndpointCall<Caller> {
  readonly request: IncomingMessage;
  readonly caller: Caller;
  readonly client: ClientConnection;
  readonly trace: Trace;
}

/** Resolves when the response has ended. Never rejects. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface RouteOptions<Caller> {
  /** For the log: `chat-completions`, `models`, `embeddings`. */
  readonly name: string;
  /** Undefined for any. */
  readonly method: "GET" | "POST" | undefined;
  /**
   * Says who is calling, before the body is read, and notes in the trace what all answers to this caller tell.
   * @throws RelayError for nobody who may.
   */
  readonly authenticate: (request: IncomingMessage, trace: Trace) => Caller;
  /** What the client speaks; errors are written in it. */
  readonly protocol: Protocol;
  readonly endpoint: Endpoint<Caller>;
  readonly publish: Subscriber;
}

export function createRoute<Caller>(options: RouteOptions<Caller>): RouteHandler {
  const { name, method, authenticate, protocol, endpoint, publish } = options;
  return async (request, response) => {
    const trace = createTrace(name);
    const client = createClientConnection(response, trace, protocol);
    let failure: RelayError | undefined;
    try {
      // Of a connection that is gone no body comes, and no end of one.
      client.sink.signal.throwIfAborted();
      const caller = authenticate(request, trace);
      if (method !== undefined && request.method !== method) {
        throw new RelayError("method_not_allowed", `Use ${method} here.`, {
          headers: { allow: method },
        });
      }
      await endpoint({ request, caller, client, trace });
    } catch (error) {
      failure = sendFailure(client, protocol, error);
    }
    await client.closed;
    // What went well for the relay may still be a provider's 400, which the client got as it is.
    const outcome = failure?.code ?? trace.attempts.at(-1)?.outcome ?? "ok";
    publish({
      kind: "request-end",
      requestId: trace.requestId,
      endpoint: name,
      status:
        failure === undefined || response.headersSent
          ? response.statusCode
          : (failure.answer?.status ?? failure.status),
      outcome,
      fault: faultOf(outcome),
      durationMs: Math.round(performance.now() - trace.startedAtMs),
      attempts: trace.attempts,
      ...(failure?.code === "internal_error" ? { trace: stackOf(failure.cause) } : {}),
    });
  };
}

/** Name and stack of an unforeseen error; its message stays out, because it may quote a prompt or a key. */
function stackOf(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return typeof cause;
  }
  const frames = cause.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return [cause.name, ...frames].join("\n");
}
