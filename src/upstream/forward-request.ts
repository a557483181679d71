/** What is forwarded to a provider. */
import type { TokenUsage } from "../answer/token-usage.ts";
import type { AnswerPipe } from "../answer/answer-sink.ts";
import type { Protocol, RequestBody } from "../protocols/protocol.ts";
import type { Meter } from "../quota/meter.ts";
import type { Candidate } from "../routing/candidates.ts";
import type { Trace } from "../telemetry/trace.ts";
import type { HeaderFields } from "../text/header-fields.ts";

/** A checked request with its candidates. */
export interface ForwardRequest {
  /** The client's protocol. */
  readonly protocol: Protocol;
  readonly body: RequestBody;
  readonly clientHeaders: HeaderFields;
  /** At least one, best first. */
  readonly candidates: readonly Candidate[];
  readonly trace: Trace;
  /** Meters the request's usage for its key's limits; undefined for an operator. */
  readonly meter: Meter | undefined;
  /** Where the answer goes. */
  readonly sink: AnswerPipe;
}

/**
 * Calls the candidates' providers until one answers. The promise settles when the answer has gone to the sink whole.
 * @returns what the answering call used.
 * @throws RelayError; the sink is untouched unless the code is `upstream_cut`, `upstream_stalled` or `client_closed`.
 */
export type Forward = (request: ForwardRequest) => Promise<TokenUsage | undefined>;
