/** Translates the answer of a provider that speaks another protocol than the client. */
import type { Dispatcher } from "undici";
import type { Wire } from "../protocols/wire.ts";
import { createByteCollector } from "../text/byte-collector.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { createMessageReader } from "../text/message-reader.ts";
import { isEventStream } from "./classify.ts";
import { type AnswerHead, ClientAnswer, type ClientAnswerParts } from "./client-answer.ts";
import type { AnswerHandler } from "./send.ts";
import { headOf, maxOtherBytes, otherAnswer } from "./wire-answer.ts";

/** The provider always sends a stream. */
export interface Translation extends ClientAnswerParts {
  /** The provider's protocol. */
  readonly wire: Wire;
}

/** Gives a handler the answer as a provider of the client's protocol would have sent it. */
export function translated(
  handler: AnswerHandler,
  translation: Translation,
): Dispatcher.DispatchHandler {
  return new Translating(handler, translation);
}

type Controller = Dispatcher.DispatchController;

class Translating implements Dispatcher.DispatchHandler {
  readonly #next: AnswerHandler;
  readonly #translation: Translation;
  readonly #wire: Wire;
  readonly #answer: ClientAnswer;
  readonly #messages;
  readonly #reader;
  readonly #body = createByteCollector();
  #status = 0;
  #headers: HeaderFields = {};
  /** Whether the answer is the stream that was asked for. */
  #isStream = false;

  constructor(next: AnswerHandler, translation: Translation) {
    this.#next = next;
    this.#translation = translation;
    this.#wire = translation.wire;
    this.#answer = new ClientAnswer(next, translation);
    this.#messages = createMessageReader(translation.wire.framing);
    this.#reader = translation.wire.read();
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#next.onRequestStart?.(controller, context);
  }

  onResponseStart(controller: Controller, status: number, headers: HeaderFields): void {
    if (status < 200) {
      return;
    }
    this.#status = status;
    this.#headers = headers;
    this.#isStream = this.#wire.framing === "lines" ? status < 300 : isEventStream(status, headers);
    if (this.#isStream) {
      this.#answer.begin(controller, this.#head());
    }
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#isStream) {
      this.#body.push(chunk);
      if (this.#body.length > maxOtherBytes) {
        controller.abort(new Error("the body is too long"));
      }
      return;
    }
    for (const message of this.#messages.push(chunk)) {
      this.#answer.write(this.#reader.push(message));
    }
    this.#answer.pass(controller);
  }

  onResponseEnd(controller: Controller): void {
    if (this.#isStream) {
      this.#endStream(controller);
    } else {
      this.#endBody(controller, this.#body.take());
    }
    this.#next.onResponseEnd?.(controller, {});
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#next.onResponseError?.(controller, error);
  }

  #head(): AnswerHead {
    return headOf(this.#wire, this.#status, this.#headers);
  }

  #endStream(controller: Controller): void {
    for (const message of this.#messages.end()) {
      this.#answer.write(this.#reader.push(message));
    }
    this.#answer.write(this.#reader.end());
    this.#answer.end(controller, this.#head());
  }

  #endBody(controller: Controller, body: Buffer): void {
    const whole = { status: this.#status, headers: this.#headers, bytes: body };
    const { status, headers, bytes } = otherAnswer(whole, this.#translation);
    this.#next.onResponseStart?.(controller, status, headers);
    this.#next.onResponseData?.(controller, bytes);
  }
}
