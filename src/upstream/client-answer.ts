/** Gives a handler an answer made of events, in the client's protocol: as its provider would have sent it. */
import type { Dispatcher } from "undici";
import type { AnswerEvent, AnswerFailure } from "../answer/answer-event.ts";
import type { WholeAnswer } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { TranslatedAnswer } from "../protocols/translated-answer.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { StateRecorder } from "./opaque-state.ts";
import { markState } from "./state-owner.ts";

export interface ClientAnswerParts {
  /** The client's protocol. */
  readonly protocol: Pick<Protocol, "failureBody">;
  /** Writes the answer for the client. */
  readonly answer: TranslatedAnswer;
  /** Whether the client gets a stream. */
  readonly stream: boolean;
  readonly recorder: StateRecorder;
  /** The provider's id. */
  readonly provider: string;
}

/** The status and headers of the provider's answer, under the names that the client's protocol has. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: HeaderFields;
}

type Controller = Dispatcher.DispatchController;

interface WholeFailure extends AnswerFailure {
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | undefined;
}

/** An error as a whole answer. @param protocol the client's. */
export function failedAnswer(
  { status, headers }: AnswerHead,
  { retryAfterMs, ...failure }: WholeFailure,
  protocol: ClientAnswerParts["protocol"],
): WholeAnswer {
  const wait = retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) };
  return {
    status,
    headers: { ...headers, ...jsonHeaders, ...wait },
    bytes: Buffer.from(protocol.failureBody(failure)),
  };
}

export const jsonHeaders = { "content-type": "application/json" };
const streamHeaders = { "content-type": "text/event-stream; charset=utf-8" };

/** A class, because one is made per request. */
export class ClientAnswer {
  readonly #next: Dispatcher.DispatchHandler;
  readonly #parts: ClientAnswerParts;

  constructor(next: Dispatcher.DispatchHandler, parts: ClientAnswerParts) {
    this.#next = next;
    this.#parts = parts;
  }

  /** Begins a good answer. An answer that is sent whole begins at its end. */
  begin(controller: Controller, head: AnswerHead): void {
    if (this.#parts.stream) {
      this.#start(controller, head, streamHeaders);
    }
  }

  /** @returns the text to pass on. */
  write(events: readonly AnswerEvent[]): string {
    const { answer, recorder, provider } = this.#parts;
    recorder.note(events);
    return answer.write(markState(events, provider));
  }

  pass(controller: Controller, text: string): void {
    if (text !== "") {
      this.#next.onResponseData?.(controller, Buffer.from(text));
    }
  }

  /** Ends a good answer. @param text the last text, which is not passed on yet. */
  end(controller: Controller, head: AnswerHead, text: string): void {
    const { answer, stream, recorder } = this.#parts;
    const last = text + answer.end();
    if (!stream) {
      // An answer without an end is an empty body, which counts as unreadable.
      this.#start(
        controller,
        { ...head, status: answer.failure?.status ?? head.status },
        jsonHeaders,
      );
    }
    recorder.end();
    this.pass(controller, last);
  }

  /** Gives a whole answer that is an error. */
  fail(controller: Controller, head: AnswerHead, failure: WholeFailure): void {
    const { status, headers, bytes } = failedAnswer(head, failure, this.#parts.protocol);
    this.#next.onResponseStart?.(controller, status, headers);
    this.#next.onResponseData?.(controller, bytes);
  }

  #start(controller: Controller, { status, headers }: AnswerHead, own: HeaderFields): void {
    this.#next.onResponseStart?.(controller, status, { ...headers, ...own });
  }
}
