/** What every mode gets, and what it has to do. */
import type { HeaderFields } from "../chat/header-fields.ts";
import type { RequestBody } from "../chat/request.ts";
import type { Grant } from "../keys/grant.ts";
import type { Meter } from "../keys/meter.ts";
import type { Target } from "../routing/route.ts";
import type { Trace } from "../telemetry/trace.ts";
import type { AnswerSink } from "../upstream/answer-sink.ts";

/** A checked request on its way to its targets. */
export interface RelayRequest {
  readonly body: RequestBody;
  readonly clientHeaders: HeaderFields;
  /** At least one, best first. */
  readonly targets: readonly Target[];
  readonly trace: Trace;
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  /** Measures what the request uses of that key's limits; undefined for an operator. */
  readonly meter: Meter | undefined;
  /** Where the answer goes. */
  readonly sink: AnswerSink;
}

/**
 * Calls the targets' providers until one answers; the promise settles when the answer has gone to the sink whole.
 * @throws RelayError; the sink is untouched unless the code is `upstream_cut`, `upstream_stalled` or `client_closed`.
 */
export type RelayCall = (request: RelayRequest) => Promise<void>;

/** A request as a mode gets it. */
export interface ModeRequest extends RelayRequest {
  /** The agent that serves. */
  readonly agentId: string;
  /** Sends the client a comment line each time this long has passed with no answer; 0 for never. */
  readonly keepAlive: (intervalMs: number) => void;
}

/** Serves one request. @throws RelayError as `RelayCall` does, or before anything was called. */
export type Mode = (request: ModeRequest) => Promise<void>;
