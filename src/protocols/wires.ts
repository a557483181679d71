/** The protocols that the relay translates to and from. To add one, add a folder next to this file and a line here. */
import { anthropicMessages } from "./anthropic-messages/wire.ts";
import { googleGenerativeAi, googleVertex } from "./google-generative-ai/wire.ts";
import { ollama } from "./ollama/wire.ts";
import { azureOpenAiResponses, openAiResponses } from "./openai-responses/wire.ts";
import type { Wire } from "./wire.ts";

/** The first of a wire's APIs is the one that it is known by. */
export const wires: readonly Wire[] = [
  anthropicMessages,
  openAiResponses,
  azureOpenAiResponses,
  googleGenerativeAi,
  googleVertex,
  ollama,
];

const byApi: ReadonlyMap<string, Wire> = new Map(
  wires.flatMap((wire) => wire.apis.map((api) => [api, wire] as const)),
);

/** @param api a model's `api` in the host. */
export function wireOf(api: string): Wire | undefined {
  return byApi.get(api);
}
