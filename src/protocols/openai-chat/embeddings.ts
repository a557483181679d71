/** OpenAI's embeddings, for providers of another protocol. */
import { RelayError } from "../../errors.ts";
import { isAbsent } from "../../text/json.ts";
import type {
  AnswerContext,
  EmbeddingsAnswer,
  EmbeddingsProtocol,
  EmbeddingsRequest,
} from "../embeddings.ts";

type Json = Readonly<Record<string, unknown>>;

export const embeddings: EmbeddingsProtocol = { readRequest, writeAnswer };

/** @param body a checked body: `input` is a string or a list. */
function readRequest(body: Json): EmbeddingsRequest {
  const { model: _, input, encoding_format: encoding, ...parameters } = body;
  return { inputs: readInputs(input), encoding: readEncoding(encoding), parameters };
}

function readInputs(input: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(input) ? input : [input];
  return items.map((item, at) => {
    if (typeof item === "string") {
      return item;
    }
    // A list of numbers is one input, a list of such lists are several.
    if (Array.isArray(item) || (at === 0 && typeof item === "number")) {
      const path = Array.isArray(item) ? `input[${at}]` : "input";
      throw new RelayError(
        "unsupported_params",
        `\`${path}\` is a list of tokens, which only OpenAI's own models can read: send text.`,
        { param: path },
      );
    }
    const path = `input[${at}]`;
    throw new RelayError("invalid_body", `\`${path}\` must be a string.`, { param: path });
  });
}

function readEncoding(value: unknown): EmbeddingsRequest["encoding"] {
  if (isAbsent(value) || value === "float") {
    return "float";
  }
  if (value === "base64") {
    return value;
  }
  throw new RelayError("invalid_body", '`encoding_format` must be "float" or "base64".', {
    param: "encoding_format",
  });
}

function writeAnswer(
  { vectors, tokensIn, model }: EmbeddingsAnswer,
  { encoding, modelId }: AnswerContext,
): string {
  const write = encoding === "base64" ? base64Of : undefined;
  return JSON.stringify({
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: write?.(vector) ?? vector,
    })),
    model: model ?? modelId,
    ...(tokensIn === undefined
      ? {}
      : { usage: { prompt_tokens: tokensIn, total_tokens: tokensIn } }),
  });
}

function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * Float32Array.BYTES_PER_ELEMENT);
  let at = 0;
  for (const value of vector) {
    at = bytes.writeFloatLE(value, at);
  }
  return bytes.toString("base64");
}
