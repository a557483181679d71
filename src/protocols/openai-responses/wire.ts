/** OpenAI's Responses API, which Azure, xAI and several gateways speak, too. */
import type { Wire } from "../wire.ts";
import { createAnswerReader } from "./answer.ts";
import { readError } from "./error.ts";
import { ownParameters, writeRequest } from "./request.ts";

const shared = {
  framing: "events",
  ownParameters,
  clientHeaders: [],
  read: createAnswerReader,
  readError,
  // They have the names that chat completions gives them.
  answerHeaders: (headers) => headers,
} satisfies Partial<Wire>;

export const openAiResponses: Wire = {
  ...shared,
  apis: ["openai-responses"],
  credentialHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  encode: (request, context) => ({
    path: "/responses",
    headers: {},
    ...writeRequest(request, context),
  }),
};

export const azureOpenAiResponses: Wire = {
  ...shared,
  apis: ["azure-openai-responses"],
  credentialHeaders: (key) => ({ "api-key": key }),
  encode: (request, context) => ({
    path: azurePath(new URL(context.baseUrl)),
    headers: {},
    ...writeRequest(request, context),
  }),
};

const azureHosts = [".openai.azure.com", ".cognitiveservices.azure.com"];

/** As the host completes base URLs: a resource's URL may lack the path of the API, and the version has a default. */
function azurePath({ hostname, pathname, searchParams }: URL): string {
  const isResource = azureHosts.some((suffix) => hostname.endsWith(suffix));
  const path = pathname.replace(/\/+$/, "");
  const missing = !isResource ? "" : path === "" ? "/openai/v1" : path === "/openai" ? "/v1" : "";
  return `${missing}/responses${searchParams.has("api-version") ? "" : "?api-version=v1"}`;
}
