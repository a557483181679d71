/** One attempt: one HTTP request to one provider, its answer handed to the client from the commit point on. */
import type { Dispatcher } from "undici";
import { RelayError } from "../errors.ts";
import type { AnswerSink } from "./answer-sink.ts";
import { failureOf, isEventStream, isProviderFailure, unreadable } from "./classify.ts";
import type { HeaderFields } from "../chat/header-fields.ts";

/** A request to a provider, complete. */
export interface UpstreamRequest {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  readonly body: Buffer;
  /** The provider's id, for messages. */
  readonly provider: string;
  /** The key that `headers` holds, so that an error body that repeats it can be withheld. */
  readonly key: string | undefined;
}

/** An answer that is no event stream is read whole up to this size before it is committed. */
const maxHeldBytes = 1024 * 1024;

/**
 * Sends the request and hands the answer to `sink`. The promise settles when the answer has gone there whole.
 *
 * The commit point is the first byte of an event stream; for any other answer it is the whole body, or the first
 * mebibyte of a longer one. Until then a failure is thrown and the sink is untouched; from then on the sink gets the
 * provider's bytes as they come, and a failure cuts it.
 * @throws RelayError `upstream_unreachable`, `upstream_unreadable` or `upstream_status` before the commit point,
 * `upstream_cut` after it, `client_closed` at any time.
 */
export function attempt(request: UpstreamRequest, sink: AnswerSink): Promise<void> {
  return new Attempt(request, sink).start();
}

/** undici's handler; a class, because one is made for each request and its methods then cost nothing. */
class Attempt implements Dispatcher.DispatchHandler {
  readonly #request: UpstreamRequest;
  readonly #sink: AnswerSink;
  readonly #outcome = Promise.withResolvers<void>();
  #phase: "waiting" | "holding" | "flowing" | "settled" = "waiting";
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: HeaderFields = {};
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(request: UpstreamRequest, sink: AnswerSink) {
    this.#request = request;
    this.#sink = sink;
  }

  start(): Promise<void> {
    const { dispatcher, origin, path, headers, body } = this.#request;
    if (this.#sink.signal.aborted) {
      this.#onClientGone();
    } else {
      this.#sink.signal.addEventListener("abort", this.#onClientGone, { once: true });
      dispatcher.dispatch({ origin, path, method: "POST", headers, body }, this);
    }
    return this.#outcome.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === "settled") {
      controller.abort(new Error("the client is gone"));
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: HeaderFields,
  ): void {
    // 1xx answers announce the real one (RFC 9110, section 15.2).
    if (this.#phase === "settled" || status < 200) {
      return;
    }
    this.#phase = "holding";
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === "flowing") {
      this.#forward(chunk);
    } else if (this.#phase === "holding") {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (isEventStream(this.#status, this.#headers)) {
        this.#commit(undefined);
      } else if (this.#heldBytes > maxHeldBytes) {
        this.#commitUnfinished();
      }
    }
  }

  onResponseEnd(): void {
    if (this.#phase === "holding") {
      const bytes = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
      const answer = { status: this.#status, headers: this.#headers, bytes };
      const failure = failureOf(answer, this.#request.provider, this.#request.key);
      if (failure !== undefined) {
        this.#fail(failure);
        return;
      }
      this.#held = [bytes];
      this.#commit(bytes.length);
    }
    if (this.#phase === "flowing") {
      this.#sink.end();
      this.#settle();
      this.#outcome.resolve();
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    const { provider } = this.#request;
    if (this.#phase === "waiting") {
      this.#fail(
        new RelayError(
          "upstream_unreachable",
          `The provider ${JSON.stringify(provider)} could not be reached. Check that it runs and that its baseUrl in models.providers is right.`,
          { cause },
        ),
      );
    } else if (this.#phase === "holding") {
      this.#fail(unreadable(provider, "broke its answer off", cause));
    } else if (this.#phase === "flowing") {
      this.#sink.cut();
      this.#fail(
        new RelayError(
          "upstream_cut",
          `The provider ${JSON.stringify(provider)} broke its answer off.`,
          { cause },
        ),
      );
    }
  }

  readonly #onClientGone = (): void => {
    if (this.#phase !== "settled") {
      this.#fail(new RelayError("client_closed", "The client closed its connection."));
      this.#controller?.abort(new Error("the client is gone"));
    }
  };

  /**
   * The commit point.
   * @param bodyBytes the length of the whole body, where it is known.
   */
  #commit(bodyBytes: number | undefined): void {
    this.#phase = "flowing";
    this.#sink.commit(this.#status, this.#headers, bodyBytes);
    const held = this.#held;
    this.#held = [];
    this.#forward(held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held));
  }

  /** The body is longer than what is held: an answer goes out unjudged, a failure is let go. */
  #commitUnfinished(): void {
    if (this.#status < 300 || (this.#status >= 400 && !isProviderFailure(this.#status))) {
      const announced = Number(this.#headers["content-length"]);
      this.#commit(Number.isSafeInteger(announced) ? announced : undefined);
      return;
    }
    const what = `answered with status ${this.#status} and more than ${maxHeldBytes} bytes`;
    this.#fail(unreadable(this.#request.provider, what));
    this.#controller?.abort(new Error("the answer is of no use"));
  }

  #forward(chunk: Buffer): void {
    if (!this.#sink.write(chunk)) {
      this.#controller?.pause();
      this.#sink.whenDrained(() => this.#controller?.resume());
    }
  }

  #fail(failure: RelayError): void {
    this.#settle();
    this.#outcome.reject(failure);
  }

  #settle(): void {
    this.#phase = "settled";
    this.#held = [];
    this.#sink.signal.removeEventListener("abort", this.#onClientGone);
  }
}
