/** One attempt: sends one HTTP request to one provider, and passes its answer to the client from the commit point on. */
import type { Dispatcher } from "undici";
import { createByteCollector } from "../text/byte-collector.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { asRelayError, RelayError, type WholeAnswer } from "../errors.ts";
import { createInactivityTimer } from "../resilience/inactivity-timer.ts";
import {
  createEventReader,
  type EventReader,
  joined,
  type StreamEvent,
} from "../text/event-reader.ts";
import type { Protocol, StreamObserver } from "../protocols/protocol.ts";
import type { AnswerPipe, BodyKind } from "../answer/answer-sink.ts";
import {
  type AnsweredBy,
  failureOf,
  isForwardable,
  isEventStream,
  telling,
  unreadable,
  withRealStatus,
} from "./classify.ts";
import { UnknownEncodingError } from "./decoded.ts";
import { createSecretFilter, type SecretFilter, type Secrets, withoutSecrets } from "./secrets.ts";
import type { AnswerHandler, Send } from "./send.ts";

/** Time limits for the parts of an attempt, in milliseconds. */
interface AttemptTimeouts {
  /** From the start to the first output of a stream. */
  readonly firstTokenMs: number;
  /** Between two outputs of a stream. */
  readonly idleMs: number;
  /** For an answer that is not a stream: up to its commit point, and again from there to its end. */
  readonly jsonMs: number;
}

/** A request to a provider, and how its answer is judged. */
export interface UpstreamRequest {
  /** Sends it. */
  readonly send: Send;
  /** The length of its body. */
  readonly bodyBytes: number;
  /** Whether the body asks for a stream. */
  readonly stream: boolean;
  readonly timeouts: AttemptTimeouts;
  /** The provider's id, for messages. */
  readonly provider: string;
  /** The provider's protocol. */
  readonly protocol: Protocol;
  /** The secrets that are sent. No answer may repeat them. */
  readonly secrets: Secrets;
  /** Called when a connection is there and the body goes to the provider. */
  readonly onSent: (sentBytes: number) => void;
  /** Called at the commit point, with the status that the client gets. */
  readonly onCommit: (status: number) => void;
}

/** Up to this size, an answer that is not an event stream is read completely before it is committed. */
const maxHeldBytes = 1024 * 1024;
/** A stream is committed at this size, even without output. */
const maxHeldStreamBytes = 64 * 1024;
/** How long a complete stream may stay open before it is ended for the client. */
const completeGraceMs = 1000;

/**
 * Sends the request and writes the answer to `sink`. The promise settles when the sink has the complete answer.
 *
 * The commit point depends on the answer:
 *
 * - Event stream: its first output, which is a content, reasoning or tool-call delta, or a finish. Earlier bytes are held.
 * - Any other answer: its end, or its first mebibyte if it is longer.
 *
 * Before the commit point a failure is thrown and the sink is untouched. After it, the sink gets the provider's bytes as
 * they arrive. A failure then ends a stream with an error event, and any other answer by breaking the connection.
 * @throws RelayError `upstream_cut` and `upstream_stalled` after the commit point, other `upstream_…` codes before it;
 * `client_closed` at any time.
 */
export function attempt(request: UpstreamRequest, sink: AnswerPipe): Promise<void> {
  return new Attempt(request, sink).start();
}

/** The reader of an event stream, and the observer of its events. */
interface ObservedEvents {
  readonly reader: EventReader;
  readonly observer: StreamObserver;
}

const noEvents: readonly StreamEvent[] = [];
const nothing = Buffer.alloc(0);

/** undici's handler. A class, because one is made per request: methods on the prototype cost no allocation. */
class Attempt implements AnswerHandler {
  readonly #request: UpstreamRequest;
  readonly #sink: AnswerPipe;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #watch = createInactivityTimer(() => this.#onInactive());
  #phase: "waiting" | "holding" | "flowing" | "settled" = "waiting";
  #controller: Dispatcher.DispatchController | undefined;
  /** What has arrived in this turn of the event loop. */
  #arrived: Buffer[] = [];
  /** The same, from a sender that writes the events itself. */
  #arrivedEvents: StreamEvent[] = [];
  /** Undefined for an answer that is not an event stream. */
  #events: ObservedEvents | undefined;
  /** Undefined if no secret was sent. */
  #filter: SecretFilter | undefined;
  #status = 0;
  #headers: HeaderFields = {};
  readonly #held = createByteCollector();
  /** The events that end in `#held`. */
  #heldEvents: StreamEvent[] = [];

  constructor(request: UpstreamRequest, sink: AnswerPipe) {
    this.#request = request;
    this.#sink = sink;
  }

  start(): Promise<void> {
    const { send, stream, timeouts } = this.#request;
    if (this.#sink.signal.aborted) {
      this.#onClientGone();
    } else {
      this.#sink.signal.addEventListener("abort", this.#onClientGone, { once: true });
      this.#watch.expect(stream ? timeouts.firstTokenMs : timeouts.jsonMs);
      send(this);
    }
    return this.#outcome.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === "settled") {
      controller.abort(new Error("the attempt is over"));
    } else {
      this.#request.onSent(this.#request.bodyBytes);
    }
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: HeaderFields,
  ): void {
    // 1xx answers precede the real one (RFC 9110, section 15.2).
    if (this.#phase === "settled" || status < 200) {
      return;
    }
    this.#controller = controller;
    this.#phase = "holding";
    this.#status = status;
    const { secrets } = this.#request;
    this.#headers = withoutSecrets(headers, secrets);
    this.#filter = secrets.needles.length === 0 ? undefined : createSecretFilter(secrets);
    if (isEventStream(status, headers)) {
      this.#events = { reader: createEventReader(), observer: this.#request.protocol.observe() };
    } else if (this.#request.stream) {
      this.#watch.expect(this.#request.timeouts.jsonMs);
    }
  }

  /**
   * Collects what arrives in one turn of the event loop. undici calls this for each chunk of the HTTP encoding, and a
   * provider that sends events one by one sends several while we are busy. Each stage then runs once for all of them.
   */
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#arrived.push(chunk);
    if (this.#arrived.length === 1) {
      queueMicrotask(() => this.#takeArrived());
    }
  }

  onEvents(events: readonly StreamEvent[]): void {
    if (this.#arrivedEvents.length === 0) {
      queueMicrotask(() => this.#takeArrived());
    }
    for (const event of events) {
      this.#arrivedEvents.push(event);
    }
  }

  #takeArrived(): void {
    const events = this.#arrivedEvents;
    if (events.length > 0) {
      this.#arrivedEvents = [];
      this.#onWholeEvents(events);
    }
    const pieces = this.#arrived;
    if (pieces.length === 0) {
      return;
    }
    this.#arrived = [];
    this.#onPieces(pieces);
  }

  onResponseEnd(): void {
    this.#takeArrived();
    this.#onBodyEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    this.#takeArrived();
    this.#onBroken(cause);
  }

  /** Takes the next bytes of the body. */
  #onPieces(pieces: Buffer[]): void {
    const filter = this.#filter;
    if (filter === undefined) {
      this.#onBody(pieces);
      return;
    }
    const passed: Buffer[] = [];
    for (const piece of pieces) {
      const harmless = filter.push(piece);
      if (harmless === "secret") {
        this.#onBody(passed);
        this.#onSecret();
        return;
      }
      if (harmless.length > 0) {
        passed.push(harmless);
      }
    }
    this.#onBody(passed);
  }

  #onWholeEvents(events: readonly StreamEvent[]): void {
    const chunk = joined(events);
    // The filter holds nothing back: an event ends with a line feed, and no secret contains one.
    if (this.#filter?.push(chunk) === "secret") {
      this.#onSecret();
    } else {
      this.#take(chunk, events);
    }
  }

  /** Sends nothing of a piece that contains a secret, and nothing after it. */
  #onSecret(): void {
    if (this.#phase === "holding") {
      this.#fail(telling({ status: this.#status, headers: this.#headers }, this.#answeredBy()));
    } else if (this.#phase === "flowing") {
      this.#stop("upstream_cut", "repeated a secret of the gateway, so its answer was cut off");
    }
    this.#controller?.abort(new Error("the answer holds a secret"));
  }

  #onBody(pieces: readonly Buffer[]): void {
    const [first] = pieces;
    if (first === undefined) {
      return;
    }
    const chunk = pieces.length === 1 ? first : Buffer.concat(pieces);
    this.#take(chunk, this.#events?.reader.push(chunk) ?? noEvents);
  }

  /** @param events those that end in `chunk`. */
  #take(chunk: Buffer, events: readonly StreamEvent[]): void {
    if (this.#phase === "flowing") {
      if (this.#events !== undefined) {
        this.#observe(this.#events.observer, events);
      }
      this.#forward(chunk, events);
    } else if (this.#phase === "holding") {
      this.#held.push(chunk);
      if (this.#events !== undefined) {
        this.#holdStream(this.#events.observer, events);
      } else if (this.#held.length > maxHeldBytes) {
        this.#commitUnfinished();
      }
    }
  }

  /** Takes events of a stream before its commit point. */
  #holdStream(observer: StreamObserver, events: readonly StreamEvent[]): void {
    for (const event of events) {
      observer.push(event);
      this.#heldEvents.push(event);
    }
    if (observer.error !== undefined && observer.outputs === 0) {
      const headers = { ...this.#headers, "content-type": "application/json" };
      this.#deliverWhole({ status: 200, headers, bytes: observer.error });
      this.#controller?.abort(new Error("the answer is an error"));
    } else if (
      observer.outputs > 0 ||
      observer.complete ||
      this.#held.length > maxHeldStreamBytes
    ) {
      this.#commit({ kind: "events" });
    }
  }

  /** Observes the next events of a stream after its commit point. */
  #observe(observer: StreamObserver, events: readonly StreamEvent[]): void {
    const before = observer.outputs;
    const wasComplete = observer.complete;
    for (const event of events) {
      observer.push(event);
    }
    // Check `wasComplete` too: after a finish another choice may still begin, and the normal timeout applies again.
    if (observer.complete || wasComplete) {
      this.#watchFlow();
    } else if (observer.outputs > before) {
      this.#watch.touch();
    }
  }

  /** Restarts the timer for the next part of a committed answer. */
  #watchFlow(): void {
    const { idleMs, jsonMs } = this.#request.timeouts;
    if (this.#events === undefined) {
      this.#watch.expect(jsonMs);
    } else {
      this.#watch.expect(this.#events.observer.complete ? completeGraceMs : idleMs);
    }
  }

  #onBodyEnd(): void {
    const rest = this.#filter?.rest();
    if (rest !== undefined && rest.length > 0) {
      this.#onBody([rest]);
    }
    if (this.#phase === "holding") {
      if (this.#events === undefined) {
        this.#deliverWhole({
          status: this.#status,
          headers: this.#headers,
          bytes: this.#held.take(),
        });
      } else {
        this.#fail(unreadable(this.#request.provider, "ended its stream without any output"));
      }
    } else if (this.#phase === "flowing") {
      if (this.#events?.observer.complete === false) {
        this.#breakOff("upstream_cut", "ended its stream without a finish");
      } else {
        this.#succeed();
      }
    }
  }

  #onBroken(cause: Error): void {
    const { provider } = this.#request;
    const isEarly = this.#phase === "waiting" || this.#phase === "holding";
    if (cause instanceof RelayError && isEarly) {
      // Not the connection's failure: the gateway could not make the call.
      this.#fail(cause);
    } else if (cause instanceof UnknownEncodingError && this.#phase === "waiting") {
      this.#fail(unreadable(provider, "answered in an unknown content-encoding"));
    } else if (isEarly) {
      const what = this.#phase === "waiting" ? "could not be reached" : "ended its answer early";
      this.#fail(
        new RelayError(
          "upstream_unreachable",
          `The provider ${JSON.stringify(provider)} ${what}. The gateway's operator can check that it runs and that its baseUrl in models.providers is right.`,
          { cause },
        ),
      );
    } else if (this.#phase === "flowing") {
      this.#stop("upstream_cut", "ended its answer early", cause);
    }
  }

  #onInactive(): void {
    const provider = JSON.stringify(this.#request.provider);
    if (this.#phase === "flowing") {
      this.#stop("upstream_stalled", "was silent for too long");
    } else {
      this.#fail(
        new RelayError(
          "upstream_silent",
          `The provider ${provider} did not answer in time. Try again later.`,
        ),
      );
    }
    this.#controller?.abort(new Error("the attempt is over"));
  }

  readonly #onClientGone = (): void => {
    this.#abandon(this.#sink.signal.reason as RelayError);
  };

  #answeredBy(): AnsweredBy {
    const { provider, protocol, secrets } = this.#request;
    return { provider, protocol, secrets: secrets.texts, nowMs: Date.now() };
  }

  #deliverWhole(read: WholeAnswer): void {
    const answer = withRealStatus(read, this.#request.protocol);
    const failure = failureOf(answer, this.#answeredBy());
    if (failure !== undefined) {
      this.#fail(failure);
      return;
    }
    this.#status = answer.status;
    this.#headers = answer.headers;
    this.#begin({ kind: "bytes", length: answer.bytes.length });
    // All of it is here, so there is nothing to wait for or to pause.
    this.#written(answer.bytes, noEvents);
    if (this.#phase === "flowing") {
      this.#succeed();
    }
  }

  /** The commit point. */
  #begin(body: BodyKind): void {
    this.#phase = "flowing";
    this.#request.onCommit(this.#status);
    this.#sink.commit(this.#status, this.#headers, body);
  }

  /** Commits an answer that has begun. */
  #commit(body: BodyKind): void {
    this.#begin(body);
    this.#watchFlow();
    const events = this.#heldEvents;
    this.#heldEvents = [];
    this.#forward(this.#held.take(), events);
  }

  /** The body exceeds `maxHeldBytes`: commit an answer for the client without judging its body; abandon a failure. */
  #commitUnfinished(): void {
    if (isForwardable(this.#status)) {
      const contentLength = Number(this.#headers["content-length"]);
      const known = Number.isSafeInteger(contentLength);
      this.#commit({ kind: "bytes", ...(known ? { length: contentLength } : {}) });
      return;
    }
    const what = `answered with status ${this.#status} and more than ${maxHeldBytes} bytes`;
    this.#abandon(unreadable(this.#request.provider, what));
  }

  #forward(chunk: Buffer, events: readonly StreamEvent[]): void {
    if (this.#written(chunk, events)) {
      return;
    }
    // Stop the timer: a slow client must not count as a silent provider.
    this.#watch.stop();
    this.#controller?.pause();
    this.#sink.whenDrained(() => {
      if (this.#phase === "flowing") {
        this.#watchFlow();
        this.#controller?.resume();
      }
    });
  }

  /** Writes to the sink, which may throw if the answer cannot continue. @returns whether to continue without a pause. */
  #written(chunk: Buffer, events: readonly StreamEvent[]): boolean {
    try {
      return this.#sink.write(chunk, events);
    } catch (failure) {
      const error = asRelayError(failure);
      this.#sink.breakOff(error, this.#events?.reader.boundary());
      this.#abandon(error);
      return true;
    }
  }

  #succeed(): void {
    this.#sink.end(this.#events?.reader.rest() ?? nothing);
    this.#settle();
    this.#outcome.resolve();
  }

  /** Ends a committed answer early. A stream that has its finish counts as complete without its end. */
  #stop(code: "upstream_cut" | "upstream_stalled", what: string, cause?: unknown): void {
    if (this.#events?.observer.complete === true) {
      this.#succeed();
    } else {
      this.#breakOff(code, what, cause);
    }
  }

  /** Fails a committed answer, and tells the client, so that it does not take the answer for complete. */
  #breakOff(code: "upstream_cut" | "upstream_stalled", what: string, cause?: unknown): void {
    const error = new RelayError(
      code,
      `The provider ${JSON.stringify(this.#request.provider)} ${what}. The answer so far is incomplete.`,
      { cause },
    );
    this.#sink.breakOff(error, this.#events?.reader.boundary());
    this.#fail(error);
  }

  /** Fails, and aborts the request to the provider. */
  #abandon(failure: RelayError): void {
    if (this.#phase !== "settled") {
      this.#fail(failure);
      this.#controller?.abort(new Error("the attempt is over"));
    }
  }

  #fail(failure: RelayError): void {
    this.#settle();
    this.#outcome.reject(failure);
  }

  #settle(): void {
    this.#phase = "settled";
    this.#held.take();
    this.#heldEvents = [];
    this.#watch.stop();
    this.#sink.signal.removeEventListener("abort", this.#onClientGone);
  }
}
