/** Port: the host's own runtime for models. It calls providers whose protocol the relay does not speak. */
import type { AnswerEvent } from "../answer/answer-event.ts";
import type { RuntimeContext, RuntimeFailure, RuntimeOptions } from "../protocols/runtime.ts";

export interface ModelRuntime {
  /**
   * Calls a model once, without retries. Settles when the answer has ended, which an aborted call does soon.
   * @returns the failure; undefined if the answer is complete.
   * @throws RelayError `provider_not_configured` if the host cannot prepare the model or its key, `host_too_old`; the
   * signal's reason.
   */
  callModel(call: RuntimeCall): Promise<RuntimeFailure | undefined>;
}

export interface RuntimeCall {
  readonly agentId: string;
  readonly provider: string;
  readonly modelId: string;
  /** The host's name of the model's API. */
  readonly api: string;
  /** The provider's key; undefined if it has none, as AWS's credentials are. */
  readonly key: string | undefined;
  readonly context: RuntimeContext;
  readonly options: RuntimeOptions;
  /** Ends the call, and closes the connection to the provider. */
  readonly signal: AbortSignal;
  /** Called when the model is prepared, just before the request goes to the provider. */
  readonly onBegin: () => void;
  readonly onEvents: (events: readonly AnswerEvent[]) => void;
}
