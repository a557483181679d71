/** Ollama's own API, which keeps what its OpenAI-compatible one loses: the size of the context, and whole tool calls. */
import type { Wire } from "../wire.ts";
import { createAnswerReader } from "./answer.ts";
import { embeddings } from "./embeddings.ts";
import { readError } from "./error.ts";
import { encode, ownParameters } from "./request.ts";

export const ollama: Wire = {
  apis: ["ollama"],
  framing: "lines",
  ownParameters,
  // A server of one's own needs no key, Ollama's cloud does.
  credentialHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  clientHeaders: [],
  encode,
  read: createAnswerReader,
  readError,
  answerHeaders: (headers) => headers,
  embeddings,
};
