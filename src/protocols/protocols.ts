/** The protocols that the relay speaks. To add one, add a folder next to this file and a line here. */
import { openAiChat } from "./openai-chat/protocol.ts";
import type { Protocol } from "./protocol.ts";

const all: readonly Protocol[] = [openAiChat];

const protocols: ReadonlyMap<string | undefined, Protocol> = new Map(
  all.map((protocol) => [protocol.api, protocol]),
);

/** @param api a model's `api` in the host; undefined if the host names none. */
export function protocolOf(api: string | undefined): Protocol | undefined {
  return protocols.get(api);
}
