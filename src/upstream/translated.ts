/** Translates the answer of a provider that speaks another protocol than the client. */
import type { Dispatcher } from "undici";
import type { AnswerFailure } from "../answer/answer-event.ts";
import type { Wire, WireError } from "../protocols/wire.ts";
import { createByteCollector } from "../text/byte-collector.ts";
import { type HeaderFields, headerText } from "../text/header-fields.ts";
import { parseRecord } from "../text/json.ts";
import { createMessageReader } from "../text/message-reader.ts";
import { type AnswerHead, ClientAnswer, type ClientAnswerParts } from "./client-answer.ts";

/** The provider always sends a stream. */
export interface Translation extends ClientAnswerParts {
  /** The provider's protocol. */
  readonly wire: Wire;
}

/** A longer body that is not a stream is not read. */
const maxBodyBytes = 1024 * 1024;

/** Gives a handler the answer as a provider of the client's protocol would have sent it. */
export function translated(
  handler: Dispatcher.DispatchHandler,
  translation: Translation,
): Dispatcher.DispatchHandler {
  return new Translating(handler, translation);
}

type Controller = Dispatcher.DispatchController;

class Translating implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler;
  readonly #wire: Wire;
  readonly #answer: ClientAnswer;
  readonly #messages;
  readonly #reader;
  readonly #body = createByteCollector();
  #status = 0;
  #headers: HeaderFields = {};
  /** Whether the answer is the stream that was asked for. */
  #isStream = false;

  constructor(next: Dispatcher.DispatchHandler, translation: Translation) {
    this.#next = next;
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
    this.#isStream = status < 300 && isStream(headers, this.#wire);
    if (this.#isStream) {
      this.#answer.begin(controller, this.#head());
    }
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#isStream) {
      this.#body.push(chunk);
      if (this.#body.length > maxBodyBytes) {
        controller.abort(new Error("the body is too long"));
      }
      return;
    }
    let text = "";
    for (const message of this.#messages.push(chunk)) {
      text += this.#answer.write(this.#reader.push(message));
    }
    this.#answer.pass(controller, text);
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
    const { "content-length": _, ...headers } = this.#wire.answerHeaders(this.#headers);
    return { status: this.#status, headers };
  }

  #endStream(controller: Controller): void {
    let text = "";
    for (const message of this.#messages.end()) {
      text += this.#answer.write(this.#reader.push(message));
    }
    text += this.#answer.write(this.#reader.end());
    this.#answer.end(controller, this.#head(), text);
  }

  #endBody(controller: Controller, bytes: Buffer): void {
    const body = parseRecord(alone(bytes.toString("utf8")));
    const error = body && this.#wire.readError(body, this.#headers);
    if (error !== undefined) {
      const { retryAfterMs } = error;
      const failure = { ...failureOf(error, this.#status), retryAfterMs };
      // Some providers answer 400 to everything that is the caller's fault, and tell only in the body that it is the key's.
      const status = this.#status === 400 ? (error.status ?? 400) : this.#status;
      this.#answer.fail(controller, { ...this.#head(), status }, failure);
      return;
    }
    // Not in the provider's words: a proxy's page, or another kind of success than the one that was asked for.
    const status = this.#status < 300 ? 502 : this.#status;
    this.#next.onResponseStart?.(controller, status, this.#headers);
    this.#next.onResponseData?.(controller, bytes);
  }
}

/** The only element of an array: Google's streams wrap their error in one. */
function alone(text: string): string {
  const json = text.trim();
  return json.startsWith("[") ? json.slice(1, -1) : json;
}

function failureOf(error: WireError, httpStatus: number): AnswerFailure {
  const { message, type, code, isContextLength } = error;
  return {
    // An error that came with a success has its own status, or none.
    status: error.status ?? (httpStatus < 400 ? 502 : httpStatus),
    message,
    type,
    code: isContextLength ? "context_length_exceeded" : code,
  };
}

function isStream(headers: HeaderFields, { framing }: Wire): boolean {
  const mediaType = headerText(headers["content-type"])?.toLowerCase() ?? "";
  return framing === "lines" || mediaType.startsWith("text/event-stream");
}
