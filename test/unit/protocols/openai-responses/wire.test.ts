/** The two ways to the Responses API: OpenAI's, and Azure's. */
import { expect, test } from "vitest";
import {
  azureOpenAiResponses,
  openAiResponses,
} from "../../../../src/protocols/openai-responses/wire.ts";
import { wireOf } from "../../../../src/protocols/wires.ts";
import { contextOf } from "./encode.ts";

const request = {
  stream: true,
  includesUsage: false,
  messages: [],
  tools: [],
  toolChoice: undefined,
  parameters: {},
  unknownMembers: ["messages.foo"],
};

test("are found by the host's names", () => {
  expect(wireOf("openai-responses")).toBe(openAiResponses);
  expect(wireOf("azure-openai-responses")).toBe(azureOpenAiResponses);
});

test("differ in the header with the key", () => {
  expect(openAiResponses.credentialHeaders("k")).toEqual({ authorization: "Bearer k" });
  expect(azureOpenAiResponses.credentialHeaders("k")).toEqual({ "api-key": "k" });
});

test.each([
  ["https://r.openai.azure.com/openai/v1", "/responses?api-version=v1"],
  ["https://r.openai.azure.com/openai/v1/", "/responses?api-version=v1"],
  ["https://r.openai.azure.com", "/openai/v1/responses?api-version=v1"],
  ["https://r.cognitiveservices.azure.com/openai/", "/v1/responses?api-version=v1"],
  ["https://gateway.example/azure", "/responses?api-version=v1"],
  ["https://r.openai.azure.com/openai/v1?api-version=preview", "/responses"],
])("Azure's path at %s is %s", (baseUrl, path) => {
  const context = { ...contextOf(), baseUrl };
  const azure = azureOpenAiResponses.encode(request, context);
  expect(azure.path).toBe(path);
  const { path: plain, ...rest } = openAiResponses.encode(request, context);
  expect(plain).toBe("/responses");
  expect(azure).toEqual({ path, ...rest });
});

test("name what the client's message has and no protocol knows", () => {
  expect(openAiResponses.encode(request, contextOf()).dropped).toEqual(["messages.foo"]);
});

test("leave the provider's headers as they are", () => {
  const headers = { "x-ratelimit-remaining-requests": "9", "x-request-id": "req_1" };
  expect(openAiResponses.answerHeaders(headers)).toEqual(headers);
});
