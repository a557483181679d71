/** Sends a request by the host's runtime, and reports the answer as a provider of the client's protocol would send it. */
import type { Dispatcher } from "undici";
import type { AnswerEvent } from "../answer/answer-event.ts";
import { asRelayError, RelayError } from "../errors.ts";
import type { RuntimeFailure } from "../protocols/runtime.ts";
import { ClientAnswer, type ClientAnswerParts } from "./client-answer.ts";
import type { ModelRuntime, RuntimeCall } from "./ports.ts";
import type { AnswerHandler, Send } from "./send.ts";

export interface RuntimeSendOptions {
  readonly runtime: ModelRuntime;
  readonly call: Omit<RuntimeCall, "signal" | "onBegin" | "onEvents">;
  /** Makes the writer of an answer. */
  readonly parts: () => ClientAnswerParts;
  /** Called if the provider was not reached. */
  readonly onUnreached: () => void;
}

export function sendByRuntime(options: RuntimeSendOptions): Send {
  return (handler) => void new RuntimeSend(handler, options).run();
}

/** The runtime cannot be paused. It is aborted when more than this many characters wait for a slow client. */
const maxHeldCharacters = 1024 * 1024;

const head = { status: 200, headers: {} };

/** A class, because one is made per request. It is the controller of its own request. */
class RuntimeSend implements Dispatcher.DispatchController {
  readonly #handler: AnswerHandler;
  readonly #options: RuntimeSendOptions;
  readonly #answer: ClientAnswer;
  readonly #isStream: boolean;
  readonly #abort = new AbortController();
  #hasBegun = false;
  #isPaused = false;
  #isOver = false;
  /** The end, which waits for `resume`. */
  #heldEnd: (() => void) | undefined;
  #reason: Error | null = null;

  constructor(handler: AnswerHandler, options: RuntimeSendOptions) {
    this.#handler = handler;
    this.#options = options;
    const parts = options.parts();
    this.#answer = new ClientAnswer(handler, parts);
    this.#isStream = parts.stream;
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  async run(): Promise<void> {
    try {
      const failure = await this.#options.runtime.callModel({
        ...this.#options.call,
        signal: this.#abort.signal,
        onBegin: () => this.#handler.onRequestStart?.(this, undefined),
        onEvents: (events) => this.#onEvents(events),
      });
      this.#whenResumed(() => this.#finish(failure));
    } catch (cause) {
      this.#whenResumed(() => this.#break(asRelayError(cause)));
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#answer.pass(this);
    // The text may have been too much for the client again.
    if (!this.#paused()) {
      const end = this.#heldEnd;
      this.#heldEnd = undefined;
      end?.();
    }
  }

  abort(reason: Error): void {
    if (!this.aborted) {
      this.#isOver = true;
      this.#reason = reason;
      this.#answer.discard();
      this.#heldEnd = undefined;
      this.#abort.abort(reason);
    }
  }

  /** As a method, because the compiler takes a checked member for constant. */
  #paused(): boolean {
    return this.#isPaused;
  }

  #onEvents(events: readonly AnswerEvent[]): void {
    if (this.#isOver) {
      return;
    }
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#answer.begin(this, head);
    }
    this.#answer.write(events);
    if (!this.#isPaused) {
      this.#answer.pass(this);
    } else if (this.#answer.heldLength > maxHeldCharacters) {
      const tooSlow = new Error("the client reads too slowly");
      this.abort(tooSlow);
      this.#handler.onResponseError?.(this, tooSlow);
    }
  }

  #whenResumed(end: () => void): void {
    if (this.#isOver) {
      return;
    }
    if (this.#isPaused) {
      this.#heldEnd = end;
    } else {
      end();
    }
  }

  #finish(failure: RuntimeFailure | undefined): void {
    if (failure === undefined) {
      this.#end();
    } else if (failure.kind !== "status") {
      this.#break(this.#brokenBy(failure));
    } else if (this.#hasBegun && this.#isStream) {
      this.#answer.write([{ kind: "failure", failure }]);
      this.#end();
    } else {
      this.#isOver = true;
      this.#answer.fail(this, { ...head, status: failure.status }, failure);
      this.#handler.onResponseEnd?.(this, {});
    }
  }

  #end(): void {
    this.#isOver = true;
    if (!this.#hasBegun) {
      this.#answer.begin(this, head);
    }
    this.#answer.end(this, head);
    this.#handler.onResponseEnd?.(this, {});
  }

  #break(cause: Error): void {
    this.#isOver = true;
    this.#handler.onResponseError?.(this, cause);
  }

  #brokenBy({ kind }: Exclude<RuntimeFailure, { kind: "status" }>): Error {
    const { api, provider, modelId } = this.#options.call;
    const model = JSON.stringify(`${provider}/${modelId}`);
    if (!this.#hasBegun) {
      this.#options.onUnreached();
    }
    switch (kind) {
      case "unreachable":
        return new Error("the connection failed");
      case "unknown-api":
        return new RelayError(
          "api_not_supported",
          `The model ${model} speaks the API "${api}", which neither this relay nor the gateway can call. ` +
            "The gateway's operator can install the provider's plugin, or set another api in models.providers.",
          { param: "model" },
        );
      case "no-key":
        return new RelayError(
          "provider_not_configured",
          `The gateway has no key for the provider ${JSON.stringify(provider)}. ` +
            `Its operator can set models.providers.${provider}.apiKey or add an auth profile.`,
        );
    }
  }
}
