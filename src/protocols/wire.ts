/**
 * What a provider's protocol must do for clients of another protocol: write a request in it, and read its answers. Each wire
 * has a folder that implements this interface, without I/O.
 */
import type { AnswerEvent } from "../answer/answer-event.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { EmbeddingsWire } from "./embeddings.ts";
import type { ModelRequest } from "./model-request.ts";

export interface Wire {
  /** The host's names for the protocol, in a model's `api`. */
  readonly apis: readonly string[];
  /** How messages of a stream are separated: server-sent events, or lines of JSON. */
  readonly framing: "events" | "lines";
  /** Members of a request that the protocol has by the same name and chat completions does not. They pass unchanged. */
  readonly ownParameters: ReadonlySet<string>;
  /** The request headers with a provider's key. */
  credentialHeaders(key: string): Readonly<Record<string, string>>;
  /** Headers of a client's request that reach a provider of this protocol, besides those of every provider. */
  readonly clientHeaders: readonly string[];
  /**
   * Writes a request, always for a stream.
   * @throws RelayError `unsupported_params` if the protocol cannot say what the conversation contains.
   */
  encode(request: ModelRequest, context: EncodeContext): EncodedRequest;
  /** Creates a reader for one stream. */
  read(): AnswerReader;
  /** Reads an error body; undefined if the body is not one. */
  readError(body: Json, headers: HeaderFields): WireError | undefined;
  /** The provider's headers under the names that clients of chat completions know, such as `x-ratelimit-…`. */
  answerHeaders(headers: HeaderFields): HeaderFields;
  /** Undefined if the protocol has no embeddings. */
  readonly embeddings?: EmbeddingsWire;
}

type Json = Readonly<Record<string, unknown>>;

export interface EncodeContext {
  readonly model: ModelFacts;
  /** Base URL of the provider. */
  readonly baseUrl: string;
  /** What is remembered for calls of earlier answers of this model. */
  readonly remembered: RememberedState;
}

/** Opaque state of earlier answers, by the id of the call that it is remembered for. */
export interface RememberedState {
  (callId: string): readonly Json[];
}

/** What a wire needs to know about the model. From the host's catalog, never from a model's name. */
export interface ModelFacts {
  readonly id: string;
  /** The most tokens that an answer may have; undefined if the host does not know. */
  readonly maxTokens: number | undefined;
  /** How many tokens of context a server of one's own is asked for; undefined for its default. */
  readonly contextTokens?: number | undefined;
  readonly isReasoning: boolean;
  /** The provider's word for each reasoning effort; `null` if the model does not have it, undefined if it is not known. */
  readonly efforts: Readonly<Record<string, string | null>> | undefined;
  /** False if the model refuses `temperature` and `top_p`. */
  readonly acceptsSampling: boolean;
  /** Whether the model decides itself how long it thinks, by an effort instead of a number of tokens. */
  readonly thinksByEffort: boolean;
}

export interface EncodedRequest {
  /** The path of the resource, relative to the provider's base URL; may have a query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  /** The names of the request's members that the body does not express. */
  readonly dropped: readonly string[];
}

/** Reads one stream. */
export interface AnswerReader {
  /** Reads the next message. */
  push(message: Json): readonly AnswerEvent[];
  /** What the end of the stream tells, such as the counts. */
  end(): readonly AnswerEvent[];
}

/** A provider's error. */
export interface WireError {
  /** The HTTP status that it states, which is more exact than a plain 400; undefined if it states none. */
  readonly status: number | undefined;
  readonly message: string;
  readonly type: string;
  readonly code: string | undefined;
  /** Whether the conversation is too long for the model. */
  readonly isContextLength: boolean;
  /** How long to wait, in milliseconds, if the body says it. */
  readonly retryAfterMs: number | undefined;
}
