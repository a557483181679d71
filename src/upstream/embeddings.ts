/** Translates the embeddings of a provider that speaks another protocol than the client. */
import type { Dispatcher } from "undici";
import { asRelayError, type WholeAnswer } from "../errors.ts";
import type {
  EmbeddingsProtocol,
  EmbeddingsRequest,
  EmbeddingsWire,
} from "../protocols/embeddings.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Wire } from "../protocols/wire.ts";
import type { Route } from "../routing/route.ts";
import { createByteCollector } from "../text/byte-collector.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import { assertHeapRoom } from "../text/heap-room.ts";
import { parseRecord } from "../text/json.ts";
import { unreadable } from "./classify.ts";
import { jsonHeaders } from "./client-answer.ts";
import { headOf, maxOtherBytes, otherAnswer } from "./wire-answer.ts";

export interface EmbeddingsTranslation {
  /** The provider's protocol. */
  readonly wire: Wire;
  readonly provider: EmbeddingsWire;
  /** The client's protocol. */
  readonly protocol: Pick<Protocol, "failureBody">;
  readonly client: EmbeddingsProtocol;
  readonly request: EmbeddingsRequest;
  readonly route: Pick<Route, "provider" | "modelId">;
}

/** A longer answer is not read. OpenAI's largest batch is 2,048 inputs: with 1,024 numbers each, it takes some 26 MiB. */
const maxAnswerBytes = 32 * 1024 * 1024;

/** Gives a handler the answer as a provider of the client's protocol would have sent it. */
export function translatedEmbeddings(
  handler: Dispatcher.DispatchHandler,
  translation: EmbeddingsTranslation,
): Dispatcher.DispatchHandler {
  return new TranslatingEmbeddings(handler, translation);
}

type Controller = Dispatcher.DispatchController;

class TranslatingEmbeddings implements Dispatcher.DispatchHandler {
  readonly #next: Dispatcher.DispatchHandler;
  readonly #translation: EmbeddingsTranslation;
  readonly #body = createByteCollector();
  #status = 0;
  #headers: HeaderFields = {};

  constructor(next: Dispatcher.DispatchHandler, translation: EmbeddingsTranslation) {
    this.#next = next;
    this.#translation = translation;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#next.onRequestStart?.(controller, context);
  }

  onResponseStart(_controller: Controller, status: number, headers: HeaderFields): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    this.#body.push(chunk);
    const maxBytes = this.#status < 300 ? maxAnswerBytes : maxOtherBytes;
    if (this.#body.length > maxBytes) {
      const { provider } = this.#translation.route;
      controller.abort(unreadable(provider, `answered with more than ${maxBytes} bytes`));
    }
  }

  onResponseEnd(controller: Controller): void {
    let answer: WholeAnswer;
    try {
      answer = this.#answer(this.#body.take());
    } catch (failure) {
      this.#next.onResponseError?.(controller, asRelayError(failure));
      return;
    }
    this.#next.onResponseStart?.(controller, answer.status, answer.headers);
    this.#next.onResponseData?.(controller, answer.bytes);
    this.#next.onResponseEnd?.(controller, {});
  }

  onResponseError(controller: Controller, error: Error): void {
    this.#next.onResponseError?.(controller, error);
  }

  /** @throws RelayError `upstream_unreadable`, `relay_overloaded`. */
  #answer(bytes: Buffer): WholeAnswer {
    const whole = { status: this.#status, headers: this.#headers, bytes };
    if (this.#status >= 300) {
      return otherAnswer(whole, this.#translation);
    }
    assertHeapRoom(bytes.length);
    const { wire, provider, client, request, route } = this.#translation;
    const body = parseRecord(bytes.toString("utf8"));
    const answer = body && provider.decode(body);
    if (answer === undefined) {
      if (bytes.length <= maxOtherBytes && body && wire.readError(body, this.#headers)) {
        return otherAnswer(whole, this.#translation);
      }
      throw unreadable(route.provider, "answered with something that is not embeddings");
    }
    const [expected, given] = [request.inputs.length, answer.vectors.length];
    if (given !== expected) {
      throw unreadable(route.provider, `answered with ${given} embeddings for ${expected} inputs`);
    }
    const { status, headers } = headOf(wire, this.#status, this.#headers);
    return {
      status,
      headers: { ...headers, ...jsonHeaders },
      bytes: Buffer.from(
        client.writeAnswer(answer, { encoding: request.encoding, modelId: route.modelId }),
      ),
    };
  }
}
