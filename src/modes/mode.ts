/** The interface of a mode. */
import type { Grant } from "../access/grant.ts";
import type { AnswerSink } from "../answer/answer-sink.ts";
import type { ForwardRequest } from "../upstream/forward-request.ts";

/** A request to serve in a mode. */
interface ModeRequest extends ForwardRequest {
  /** The agent that serves. */
  readonly agentId: string;
  /** The client's end. */
  readonly sink: AnswerSink;
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  /** Sends the client a comment line at this interval until the answer begins; 0 disables it. */
  readonly keepAlive: (intervalMs: number) => void;
}

/** Serves one request. @throws RelayError as `Forward` does; also for a request that cannot be served in this mode. */
export type Mode = (request: ModeRequest) => Promise<void>;
