/** Embeddings on their way between a client's protocol and a provider's. */
import type { EncodedRequest } from "./wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** A request for embeddings, read from a client's body. */
export interface EmbeddingsRequest {
  /** Each gets one vector. */
  readonly inputs: readonly string[];
  /** How the client wants a vector: a list of numbers, or base64 of little-endian 32-bit floats. */
  readonly encoding: "float" | "base64";
  /** All other parameters, by the names of OpenAI or of a vendor. */
  readonly parameters: Json;
}

/** The numbers are those of 32-bit floats: finite and in their range. */
type Vector = readonly number[];

/** A provider's answer. */
export interface EmbeddingsAnswer {
  /** In the order of the inputs. */
  readonly vectors: readonly Vector[];
  /** Undefined if the provider does not count them. */
  readonly tokensIn: number | undefined;
  /** The model that answered; undefined if the provider does not say. */
  readonly model: string | undefined;
}

/** The client's end. */
export interface EmbeddingsProtocol {
  /**
   * @param body a checked body.
   * @throws RelayError `invalid_body`, or `unsupported_params` for inputs that are no text, with the path in the body.
   */
  readRequest(body: Json): EmbeddingsRequest;
  writeAnswer(answer: EmbeddingsAnswer, context: AnswerContext): string;
}

export interface AnswerContext {
  readonly encoding: EmbeddingsRequest["encoding"];
  /** For a provider that does not say which model has answered. */
  readonly modelId: string;
}

export interface EmbeddingsContext {
  readonly modelId: string;
  /** Base URL of the provider. */
  readonly baseUrl: string;
}

/** The provider's end. */
export interface EmbeddingsWire {
  /** @throws RelayError `invalid_body`. */
  encode(request: EmbeddingsRequest, context: EmbeddingsContext): EncodedRequest;
  /** Reads a success; undefined if it is not one. */
  decode(body: Json): EmbeddingsAnswer | undefined;
}

/** @returns undefined unless all items of a list are vectors. */
export function readVectors(list: unknown): readonly Vector[] | undefined {
  return Array.isArray(list) && list.every(isVector) ? list : undefined;
}

function isVector(value: unknown): value is Vector {
  return Array.isArray(value) && value.length > 0 && value.every(isFloat);
}

function isFloat(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}
