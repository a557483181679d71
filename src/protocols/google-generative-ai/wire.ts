/** Google's Gemini API, and its twin on Vertex AI for API keys. */
import type { Wire } from "../wire.ts";
import { createAnswerReader } from "./answer.ts";
import { embeddings } from "./embeddings.ts";
import { readError } from "./error.ts";
import { encode, ownParameters } from "./request.ts";

const shared = {
  framing: "events",
  ownParameters,
  credentialHeaders: (key: string) => ({ "x-goog-api-key": key }),
  clientHeaders: [],
  read: createAnswerReader,
  readError,
  answerHeaders: (headers) => headers,
} as const satisfies Partial<Wire>;

/** `https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent` */
export const googleGenerativeAi: Wire = {
  ...shared,
  apis: ["google-generative-ai"],
  encode: (request, context) =>
    encode(request, context, { modelsPath: "/models/", hasCallIds: true }),
  embeddings,
};

/**
 * `https://aiplatform.googleapis.com/v1/publishers/google/models/{model}:streamGenerateContent`. Its calls have no ids in `v1`
 * (aiplatform/v1/tool.proto), and Google refuses members that it does not know.
 */
export const googleVertex: Wire = {
  ...shared,
  apis: ["google-vertex"],
  encode: (request, context) =>
    encode(request, context, {
      modelsPath: `${versionPrefix(context.baseUrl)}/publishers/google/models/`,
      hasCallIds: false,
    }),
};

/** The host's base URL has a version or not. */
function versionPrefix(baseUrl: string): string {
  return /\/v\d+(?:beta\d*)?(?:\/|$)/.test(new URL(baseUrl).pathname) ? "" : "/v1";
}
