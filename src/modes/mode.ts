/** What every mode gets, and what it has to do. */
import type { Grant } from "../access/grant.ts";
import type { AnswerSink } from "../answer/answer-sink.ts";
import type { ForwardRequest } from "../upstream/forward-request.ts";

/** A request as a mode gets it. */
interface ModeRequest extends ForwardRequest {
  /** The agent that serves. */
  readonly agentId: string;
  /** The client's end. */
  readonly sink: AnswerSink;
  /** What the caller's virtual key allows; undefined for an operator. */
  readonly grant: Grant | undefined;
  /** Sends the client a comment line each time this long has passed with no answer; 0 for never. */
  readonly keepAlive: (intervalMs: number) => void;
}

/** Serves one request. @throws RelayError as `Forward` does, or before anything was called. */
export type Mode = (request: ModeRequest) => Promise<void>;
