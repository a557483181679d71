/** Embeddings of Google's Gemini API (ai.google.dev/api/embeddings). */
import { tokenCount } from "../../answer/token-usage.ts";
import { isAbsent, isRecord } from "../../text/json.ts";
import {
  type EmbeddingsAnswer,
  type EmbeddingsContext,
  type EmbeddingsRequest,
  type EmbeddingsWire,
  readVectors,
} from "../embeddings.ts";
import { createParameters } from "../parameters.ts";
import type { EncodedRequest } from "../wire.ts";
import { modelPath } from "./request.ts";

type Json = Readonly<Record<string, unknown>>;

/** `https://generativelanguage.googleapis.com/v1beta/models/{model}:batchEmbedContents` */
export const embeddings: EmbeddingsWire = { encode, decode };

/** Members of Google's request that OpenAI does not have, by both of the names that Google's JSON takes. */
const ownMembers = [
  ["taskType", "task_type"],
  ["title", "title"],
] as const;

function encode(
  { inputs, parameters: values }: EmbeddingsRequest,
  { modelId }: EmbeddingsContext,
): EncodedRequest {
  const parameters = createParameters(values);
  const dimensions = parameters.number("dimensions");
  const shared: Record<string, unknown> =
    dimensions === undefined ? {} : { outputDimensionality: dimensions };
  for (const [name, snakeCase] of ownMembers) {
    const value = parameters.take(name) ?? parameters.take(snakeCase);
    if (value !== undefined) {
      shared[name] = value;
    }
  }
  const path = `models/${modelPath(modelId)}`;
  return {
    path: `/${path}:batchEmbedContents`,
    headers: {},
    body: {
      requests: inputs.map((text) => ({ model: path, content: { parts: [{ text }] }, ...shared })),
    },
    dropped: parameters.dropped(),
  };
}

function decode({ embeddings: list, usageMetadata }: Json): EmbeddingsAnswer | undefined {
  const vectors = readVectors(Array.isArray(list) ? list.map(valuesOf) : undefined);
  const tokens = isRecord(usageMetadata) ? usageMetadata["promptTokenCount"] : undefined;
  return (
    vectors && {
      vectors,
      tokensIn: isAbsent(tokens) ? undefined : tokenCount(tokens),
      model: undefined,
    }
  );
}

function valuesOf(embedding: unknown): unknown {
  return isRecord(embedding) ? embedding["values"] : undefined;
}
