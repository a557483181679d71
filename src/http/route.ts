/** What all routes share: trace, authentication, check of the method, answer to a failure, `request-end` event. */
import { faultOf, RelayError } from "../errors.ts";
import type { AttemptRecord, RequestEnd, Subscriber } from "../telemetry/events.ts";
import { answeringAttempt, createTrace, type Trace } from "../telemetry/trace.ts";
import type { TraceContext } from "../telemetry/trace-context.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { ClientRequest, ClientResponse } from "./exchange.ts";
import type { OpenClients } from "./open-clients.ts";
import { sendFailure } from "./reply.ts";
import { type ClientConnection, createClientConnection } from "./client-connection.ts";

/** Serves one request: sends an answer to `client`, or throws. */
export type Endpoint<Caller> = (call: EndpointCall<Caller>) => Promise<void>;

interface EndpointCall<Caller> {
  readonly request: ClientRequest;
  readonly caller: Caller;
  readonly client: ClientConnection;
  readonly trace: Trace;
}

/** Resolves when the response has ended. Never rejects. */
export type RouteHandler = (request: ClientRequest, response: ClientResponse) => Promise<void>;

export interface RouteOptions<Caller> {
  /** For the log: `chat-completions`, `models`, `embeddings`. */
  readonly name: string;
  /** Undefined allows any method. */
  readonly method: "GET" | "POST" | undefined;
  /**
   * Authenticates the caller before the body is read. May set the trace's `limitHeaders`, which every answer includes.
   * @throws RelayError if the caller is not authenticated.
   */
  readonly authenticate: (request: ClientRequest, trace: Trace) => Caller;
  /** The client's protocol, in which errors are written. */
  readonly protocol: Protocol;
  readonly endpoint: Endpoint<Caller>;
  readonly publish: Subscriber;
  /** Places a request in a distributed trace; returns undefined while no spans are exported. */
  readonly traceContext?: TraceContextSource | undefined;
  /** Holds the clients of requests under way; undefined if nobody needs to know them. */
  readonly openClients?: OpenClients | undefined;
}

/** @param traceparent the header of the request. */
export type TraceContextSource = (
  traceparent: string | string[] | undefined,
  requestId: string,
) => TraceContext | undefined;

export function createRoute<Caller>(options: RouteOptions<Caller>): RouteHandler {
  const { name, method, authenticate, protocol, endpoint, publish, openClients } = options;
  const { traceContext } = options;
  return async (request, response) => {
    const trace = createTrace({ endpoint: name, publish, handedOverAs: request.handedOverAs });
    trace.context = traceContext?.(request.headers["traceparent"], trace.requestId);
    publish(requestStart);
    const client = createClientConnection(response, trace, protocol);
    openClients?.add(client, protocol);
    let failure: RelayError | undefined;
    try {
      // On a dead connection `end` never fires, so reading the body would hang.
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
    const status =
      failure === undefined || response.headersSent
        ? response.statusCode
        : (failure.answer?.status ?? failure.status);
    publish(requestEnd(trace, { failure, status }));
  };
}

const requestStart = { kind: "request-start" } as const;

function requestEnd(
  trace: Trace,
  { failure, status }: { readonly failure: RelayError | undefined; readonly status: number },
): RequestEnd {
  const { startedAtMs, receivedAtMs = startedAtMs, firstOutputAtMs, attempts } = trace;
  // Without a failure the outcome may still be `provider_answered`: a provider's own 400, passed to the client.
  const outcome = failure?.code ?? attempts.at(-1)?.outcome ?? "ok";
  const endedAtMs = performance.now();
  return {
    kind: "request-end",
    requestId: trace.requestId,
    endpoint: trace.endpoint,
    caller: trace.caller,
    agentId: trace.agentId,
    mode: trace.mode,
    askedModel: trace.askedModel,
    isStream: trace.isStream,
    status,
    outcome,
    fault: faultOf(outcome),
    arrivedAtMs: trace.arrivedAtMs,
    startedAtMs,
    durationMs: endedAtMs - startedAtMs,
    firstOutputMs: firstOutputAtMs === undefined ? undefined : firstOutputAtMs - startedAtMs,
    overheadMs: Math.max(0, endedAtMs - receivedAtMs - attemptsMs(attempts)),
    attempts,
    answeredBy: answeringAttempt(trace),
    context: trace.context,
    ...(failure?.code === "internal_error" ? { trace: stackOf(failure.cause) } : {}),
  };
}

/** From the first attempt's start to the last one's end: a pause before a retry is not the relay's own work. */
function attemptsMs(attempts: readonly AttemptRecord[]): number {
  const first = attempts[0];
  const last = attempts.at(-1);
  return first === undefined || last === undefined
    ? 0
    : last.startedAtMs + last.durationMs - first.startedAtMs;
}

/** Name and stack of an unexpected error. Without its message, which may quote a prompt or a key. */
function stackOf(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return typeof cause;
  }
  const frames = cause.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  return [cause.name, ...frames].join("\n");
}
