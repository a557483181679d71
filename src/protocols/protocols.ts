/** The protocols that the relay speaks. A new one is a folder beside this file, and a line here. */
import { openAiChat } from "./openai-chat/protocol.ts";
import type { Protocol } from "./protocol.ts";

const protocols: ReadonlyMap<string | undefined, Protocol> = new Map([
  [openAiChat.api, openAiChat],
]);

/** @param api the `api` of a model, by the host's name; undefined where the host names none. */
export function protocolOf(api: string | undefined): Protocol | undefined {
  return protocols.get(api);
}
