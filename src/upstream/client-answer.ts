/** Gives a handler an answer made of events, in the client's protocol: as its provider would have sent it. */
import type { Dispatcher } from "undici";
import type { AnswerEvent, AnswerFailure } from "../answer/answer-event.ts";
import type { WholeAnswer } from "../errors.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { TranslatedAnswer } from "../protocols/translated-answer.ts";
import { joined } from "../text/event-reader.ts";
import { createEventWriter } from "../text/event-writer.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { StateRecorder } from "./opaque-state.ts";
import type { AnswerHandler } from "./send.ts";
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
  readonly #next: AnswerHandler;
  readonly #parts: ClientAnswerParts;
  /** What is not passed on yet. */
  readonly #out = createEventWriter();

  constructor(next: AnswerHandler, parts: ClientAnswerParts) {
    this.#next = next;
    this.#parts = parts;
  }

  /** Begins a good answer. An answer that is sent whole begins at its end. */
  begin(controller: Controller, head: AnswerHead): void {
    if (this.#parts.stream) {
      this.#start(controller, head, streamHeaders);
    }
  }

  write(events: readonly AnswerEvent[]): void {
    const { answer, recorder, provider } = this.#parts;
    recorder.note(events);
    answer.write(markState(events, provider), this.#out);
  }

  /** The characters that are written and not passed on. */
  get heldLength(): number {
    return this.#out.length;
  }

  /** Passes on what is written. */
  pass(controller: Controller): void {
    if (this.#out.length === 0) {
      return;
    }
    const events = this.#out.take();
    if (this.#parts.stream) {
      this.#next.onEvents?.(events);
    } else {
      this.#next.onResponseData?.(controller, joined(events));
    }
  }

  /** Forgets what is not passed on. */
  discard(): void {
    this.#out.clear();
  }

  /** Ends a good answer. */
  end(controller: Controller, head: AnswerHead): void {
    const { answer, stream, recorder } = this.#parts;
    answer.end(this.#out);
    if (!stream) {
      // An answer without an end is an empty body, which counts as unreadable.
      this.#start(
        controller,
        { ...head, status: answer.failure?.status ?? head.status },
        jsonHeaders,
      );
    }
    recorder.end();
    this.pass(controller);
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
