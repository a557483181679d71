/** What every mode gets, and what it has to do. */
import type { RequestBody } from "../chat/request.ts";
import type { Target } from "../routing/route.ts";
import type { Trace } from "../telemetry/trace.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";
import type { HeaderFields } from "../chat/header-fields.ts";
import type { DirectCall } from "./direct-call.ts";

/** A checked request on its way to its targets. */
export interface ModeRequest {
  readonly body: RequestBody;
  readonly clientHeaders: HeaderFields;
  /** At least one, best first. */
  readonly targets: readonly Target[];
  readonly trace: Trace;
  /** Where the answer goes. */
  readonly sink: AnswerSink;
}

/**
 * Serves one request; the promise settles when the answer has gone to the sink whole.
 * @throws RelayError; the sink is untouched unless the code is `upstream_cut` or `client_closed`.
 */
export type Mode = (request: ModeRequest, call: DirectCall) => Promise<void>;
