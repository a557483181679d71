/** The protocols that the relay translates to and from. To add one, add a folder next to this file and a line here. */
import { anthropicMessages } from "./anthropic-messages/wire.ts";
import { googleGenerativeAi, googleVertex } from "./google-generative-ai/wire.ts";
import { azureOpenAiResponses, openAiResponses } from "./openai-responses/wire.ts";
import type { Wire } from "./wire.ts";

const all: readonly Wire[] = [
  anthropicMessages,
  openAiResponses,
  azureOpenAiResponses,
  googleGenerativeAi,
  googleVertex,
];

const wires: ReadonlyMap<string, Wire> = new Map(
  all.flatMap((wire) => wire.apis.map((api) => [api, wire] as const)),
);

/** @param api a model's `api` in the host. */
export function wireOf(api: string): Wire | undefined {
  return wires.get(api);
}
