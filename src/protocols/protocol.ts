/**
 * What the relay has to know of a protocol. One folder implements it for one protocol, without input or output of its own; the
 * rooms above ask this interface and know no field of any wire.
 */
import type { BodyKind } from "../answer/answer-sink.ts";
import type { EventTransform } from "../answer/event-transform.ts";
import type { TokenUsage } from "../answer/token-usage.ts";
import type { RelayError } from "../errors.ts";
import type { AgentTurn, AnswerIdentity, AnswerWriter } from "./turn.ts";
import type { StreamEvent } from "../text/event-reader.ts";

/**
 * A protocol. A request has one at each end: what the client speaks and what the target speaks. The same at both ends means that
 * the bytes pass unchanged.
 */
export interface Protocol {
  /** The host's name for it in a model's `api`. */
  readonly api: string;
  /** Where a provider serves it, below its base URL. */
  readonly path: string;
  /** The request header that carries a provider's key. */
  credentialHeader(key: string): readonly [name: string, value: string];
  /** An error of the relay's own as the body of a response: JSON. */
  errorBody(error: RelayError): string;
  /** An error of the relay's own as a whole event of a stream that can't go on. */
  errorEvent(error: RelayError): string;
  /** Watches one event stream. */
  observe(): StreamObserver;
  /** Counts the usage of one answer. */
  countUsage(kind: BodyKind["kind"]): UsageCounter;
  /** What a JSON answer, such as an error body, says of its usage; undefined where it says nothing. */
  usageOf(answer: Buffer): TokenUsage | undefined;
  /** Notes the assistant's message of one good answer. */
  recordMessage(kind: BodyKind["kind"]): MessageRecorder;
  /** Reads an answer as an error body; undefined where it is none. */
  readError(answer: Buffer): ProviderError | undefined;
  /** Whether clients can take an answer for an error of this protocol. Cheaper and less strict than `readError`. */
  looksLikeError(answer: Buffer): boolean;
  /**
   * Reads the turn of an agent from a parsed body.
   * @throws RelayError `invalid_body` with what core finds wrong.
   */
  readTurn(body: Readonly<Record<string, unknown>>): AgentTurn;
  /** Writes an answer that the relay makes itself. */
  writeAnswer(identity: AnswerIdentity): AnswerWriter;
  /** Leaves the usage out of a stream whose client has not asked for it. */
  usageFilter(): EventTransform;
  /** Puts the deltas of parallel tool calls into order, one call after the other. */
  toolCallOrder(): EventTransform;
}

/** A checked body. What is not named in a change of it stays as the client wrote it, byte for byte. */
export interface RequestBody {
  /** What the client wrote as `model`, trimmed; undefined where it wrote none, `null` or only white space. */
  readonly model: string | undefined;
  /** The parsed body. */
  readonly value: Readonly<Record<string, unknown>>;
  /** How many tokens the answer may have by the client's limits, or usually has; finite. 0 for what is answered without tokens. */
  readonly expectedTokensOut: number;
  /** Whether the client asked for server-sent events. */
  readonly stream: boolean;
  readonly byteLength: number;
  /** The body for a provider: the client's bytes with this model id in place of the client's. */
  withModel(modelId: string): Buffer;
  /**
   * The body of a stream that ends with the provider's token counts; undefined where the client has asked for them, or for
   * no stream.
   */
  withStreamUsage(): RequestBody | undefined;
  /**
   * The body with messages in front of the client's, and without some of its members.
   * @param messages as JSON.
   */
  withMessagesInFront(messages: readonly string[], dropped: ReadonlySet<string>): RequestBody;
}

/** Watches a stream and tells how far it has come. Changes nothing. */
export interface StreamObserver {
  /** Takes the next event of the stream. */
  push(event: StreamEvent): void;
  /** How many events so far had real output: content, reasoning, a tool call, a finish. */
  readonly outputs: number;
  /** Whether the stream is whole: nothing that belongs to the answer is missing. An error event ends it, too. */
  readonly complete: boolean;
  /** The error of an error event, if one came: its whole `data`, as bytes. */
  readonly error: Buffer | undefined;
}

/** Counts the tokens of an answer that passes. */
export interface UsageCounter {
  /** Takes the next bytes of the body. @param events of a stream, those that end in them. */
  push(bytes: Buffer, events: readonly StreamEvent[]): void;
  /** The stream has ended. @param rest the bytes behind its last event. */
  end(rest: Buffer): void;
  /** What the answer says of itself; undefined where it says nothing. */
  usage(): TokenUsage | undefined;
  /** Bytes so far. */
  readonly bytes: number;
  /** What an event of a stream has on average; undefined for a body of bytes. */
  readonly eventBytes: number | undefined;
}

/** A message as it is sent to a provider. */
interface RecordedMessage {
  readonly role: string;
  /** The message as JSON. */
  readonly json: string;
}

/** Notes the assistant's message of an answer that passes. */
export interface MessageRecorder {
  /** Takes the next bytes of the body. @param events of a stream, those that end in them. */
  push(bytes: Buffer, events: readonly StreamEvent[]): void;
  /** The message, once the answer is over; undefined where there is none. */
  message(): RecordedMessage | undefined;
}

/** What a provider's error body says. */
export interface ProviderError {
  /** The HTTP status that it names, in numbers or words; undefined where it names none. */
  readonly status: number | undefined;
  /** Its words. They may be anything, and may repeat what was sent. */
  readonly message: unknown;
  /** Whether the conversation is too long for the model. */
  readonly isContextLength: boolean;
}
