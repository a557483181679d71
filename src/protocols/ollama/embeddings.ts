/** Embeddings of Ollama's API (docs.ollama.com, "Generate embeddings"). */
import { tokenCount } from "../../answer/token-usage.ts";
import { isAbsent } from "../../text/json.ts";
import {
  type EmbeddingsAnswer,
  type EmbeddingsContext,
  type EmbeddingsRequest,
  type EmbeddingsWire,
  readVectors,
} from "../embeddings.ts";
import { createParameters } from "../parameters.ts";
import type { EncodedRequest } from "../wire.ts";
import { apiPath, readOptions } from "./request.ts";

type Json = Readonly<Record<string, unknown>>;

export const embeddings: EmbeddingsWire = { encode, decode };

function encode(
  { inputs, parameters: values }: EmbeddingsRequest,
  { modelId, baseUrl }: EmbeddingsContext,
): EncodedRequest {
  const parameters = createParameters(values);
  const dimensions = parameters.number("dimensions");
  const keepAlive = parameters.take("keep_alive");
  const options = readOptions(parameters);
  return {
    path: apiPath(baseUrl, "embed"),
    headers: {},
    body: {
      model: modelId,
      input: inputs,
      // An input that is too long must fail. By default, the server cuts off its end.
      truncate: parameters.boolean("truncate") ?? false,
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }),
      ...(Object.keys(options).length === 0 ? {} : { options }),
    },
    dropped: parameters.dropped(),
  };
}

function decode({ embeddings: list, prompt_eval_count: tokens, model }: Json) {
  const vectors = readVectors(list);
  return (
    vectors &&
    ({
      vectors,
      tokensIn: isAbsent(tokens) ? undefined : tokenCount(tokens),
      model: typeof model === "string" && model !== "" ? model : undefined,
    } satisfies EmbeddingsAnswer)
  );
}
