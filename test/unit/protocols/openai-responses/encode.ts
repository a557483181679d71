/** Encodes chat completions' bodies for the Responses API. */
import { readModelRequest } from "../../../../src/protocols/openai-chat/model-request.ts";
import { openAiResponses } from "../../../../src/protocols/openai-responses/wire.ts";
import type { EncodeContext, ModelFacts } from "../../../../src/protocols/wire.ts";

type Json = Readonly<Record<string, unknown>>;

const facts: ModelFacts = {
  id: "m1",
  maxTokens: 128_000,
  isReasoning: false,
  efforts: undefined,
  acceptsSampling: true,
  thinksByEffort: true,
};

export function contextOf(model: Partial<ModelFacts> = {}): EncodeContext {
  return {
    model: { ...facts, ...model },
    baseUrl: "https://api.example/v1",
    remembered: () => [],
  };
}

/** Encodes a body. @param context of the model, or what differs from a model that knows no reasoning. */
export function encode(body: Json, context: EncodeContext = contextOf()) {
  return openAiResponses.encode(readModelRequest({ messages: [], ...body }), context);
}
