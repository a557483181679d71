/**
 * What the relay needs to know about a protocol. Each protocol has a folder that implements this interface, without I/O.
 * All other rooms use the interface and know no field of any wire format.
 */
import type { BodyKind } from "../answer/answer-sink.ts";
import type { EventTransform } from "../answer/event-transform.ts";
import type { TokenUsage } from "../answer/token-usage.ts";
import type { RelayError } from "../errors.ts";
import type { AnswerFailure } from "../answer/answer-event.ts";
import type { EmbeddingsProtocol } from "./embeddings.ts";
import type { ModelRequest } from "./model-request.ts";
import type { TranslatedAnswer } from "./translated-answer.ts";
import type { AgentTurn, AnswerIdentity, AnswerWriter } from "./turn.ts";
import type { StreamEvent } from "../text/event-reader.ts";

/**
 * A protocol. A request has two: the client's and the target's. If they are the same, the bytes pass unchanged.
 */
export interface Protocol {
  /** The host's name for the protocol, in a model's `api`. */
  readonly api: string;
  /** The path of the resource, relative to a provider's base URL. */
  readonly path: string;
  /** The request headers with a provider's key. */
  credentialHeaders(key: string): Readonly<Record<string, string>>;
  /** Writes a relay error as a JSON response body. */
  errorBody(error: RelayError): string;
  /** Writes a relay error as a complete event, for a stream that cannot continue. */
  errorEvent(error: RelayError): string;
  /** Creates an observer for one event stream. */
  observe(): StreamObserver;
  /** Creates a counter for the usage of one answer. */
  countUsage(kind: BodyKind["kind"]): UsageCounter;
  /** Reads the usage that a JSON answer reports, such as an error body; undefined if it reports none. */
  usageOf(answer: Buffer): TokenUsage | undefined;
  /** Creates a recorder for the assistant's message of one successful answer. */
  recordMessage(kind: BodyKind["kind"]): MessageRecorder;
  /** Reads an error body; undefined if the answer is not one. */
  readError(answer: Buffer): ProviderError | undefined;
  /** Whether clients can read an answer as an error of this protocol. Cheaper and less strict than `readError`. */
  looksLikeError(answer: Buffer): boolean;
  /**
   * Reads an agent turn from a parsed body.
   * @throws RelayError `invalid_body` with core's message.
   */
  readTurn(body: Readonly<Record<string, unknown>>): AgentTurn;
  /** Creates a writer for an answer that the relay makes itself. */
  writeAnswer(identity: AnswerIdentity): AnswerWriter;
  /** Creates a writer for the answer of a provider that speaks another protocol. */
  translateAnswer(
    defaults: AnswerIdentity,
    request: Pick<ModelRequest, "stream" | "includesUsage">,
  ): TranslatedAnswer;
  /** Writes a provider's failure as a JSON response body. */
  failureBody(failure: AnswerFailure): string;
  /** Removes the usage from a stream, for a client that has not requested it. */
  usageFilter(): EventTransform;
  /** Reorders the deltas of parallel tool calls, so that the calls follow one another. */
  toolCallOrder(): EventTransform;
  /** For a protocol of embeddings; undefined for one of conversations. */
  readonly embeddings?: EmbeddingsProtocol;
}

/** A checked body. A change keeps all bytes of the client's that it does not concern. */
export interface RequestBody {
  /** The client's `model`, trimmed; undefined if it is missing, `null` or blank. */
  readonly model: string | undefined;
  /** The parsed body. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Expected tokens of the answer: the client's limit, or a usual length. Finite; 0 for embeddings. */
  expectedTokensOut(): number;
  /** Whether the client requested server-sent events. */
  readonly stream: boolean;
  readonly byteLength: number;
  /**
   * Reads the body as it is now, for a provider of another protocol.
   * @throws RelayError `invalid_body` with the path of what is wrong.
   */
  modelRequest(): ModelRequest;
  /** The body for a provider: the client's bytes with this model id. */
  withModel(modelId: string): Buffer;
  /**
   * The body with a request for the provider's token counts at the end of the stream. Undefined if the client has requested
   * them itself, or has not requested a stream.
   */
  withStreamUsage(): RequestBody | undefined;
  /**
   * The body with further messages in front of the client's, and without some members.
   * @param messages each as JSON.
   * @param dropped names of top-level members to remove.
   */
  withMessagesInFront(messages: readonly string[], dropped: ReadonlySet<string>): RequestBody;
}

/** Observes a stream's progress. Changes nothing. */
export interface StreamObserver {
  /** Takes the next event of the stream. */
  push(event: StreamEvent): void;
  /** Number of outputs so far: content, reasoning or tool-call deltas, and finishes. */
  readonly outputs: number;
  /** Whether nothing of the answer is missing. Also true after an error event, which ends the stream. */
  readonly complete: boolean;
  /** The whole `data` of an error event, as bytes; undefined if there was none. */
  readonly error: Buffer | undefined;
}

/** Counts the tokens of an answer that passes through. */
export interface UsageCounter {
  /** Takes the next bytes of the body. @param events for a stream, the events that end in these bytes. */
  push(bytes: Buffer, events: readonly StreamEvent[]): void;
  /** Must be called at the end of a stream. @param rest the bytes after its last event. */
  end(rest: Buffer): void;
  /** The usage that the answer reports; undefined if it reports none. */
  usage(): TokenUsage | undefined;
  /** Number of bytes so far. */
  readonly bytes: number;
  /** Average bytes of a stream's events; undefined for a body of bytes. */
  readonly eventBytes: number | undefined;
}

/** A message as sent to a provider. */
interface RecordedMessage {
  readonly role: string;
  /** The message as JSON. */
  readonly json: string;
}

/** Records the assistant's message of an answer that passes through. */
export interface MessageRecorder {
  /** Takes the next bytes of the body. @param events for a stream, the events that end in these bytes. */
  push(bytes: Buffer, events: readonly StreamEvent[]): void;
  /** The message, after the answer has ended; undefined if it has none. */
  message(): RecordedMessage | undefined;
}

/** A provider's error body. */
export interface ProviderError {
  /** The HTTP status that it states as a number or by a known code; undefined if it states none. */
  readonly status: number | undefined;
  /** Its `message`. It may be anything, and may repeat what was sent. */
  readonly message: unknown;
  /** Whether the conversation is too long for the model. */
  readonly isContextLength: boolean;
}
