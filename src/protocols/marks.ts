/** What clients note on messages, parts, calls and tools beside their content, for protocols that have no place for it. */
import type { ModelRequest } from "./model-request.ts";
import type { Parameters } from "./parameters.ts";

interface Known {
  /** Whether the protocol can say how closely the model should look at an image. */
  readonly detail?: boolean;
  /** Whether the protocol has marks for a prompt cache. */
  readonly cacheControl?: boolean;
}

/** Names the marks that a protocol does not have as dropped. No protocol but chat completions has names of messages. */
export function dropMarks(
  { messages, tools }: ModelRequest,
  { detail = false, cacheControl = false }: Known,
  { drop }: Parameters,
): void {
  const dropCacheControl = (name: string, on: { readonly cacheControl: unknown }) => {
    if (!cacheControl && on.cacheControl !== undefined) {
      drop(`${name}.cache_control`);
    }
  };
  for (const message of messages) {
    if (message.role !== "tool" && message.name !== undefined) {
      drop("messages.name");
    }
    for (const part of message.parts) {
      dropCacheControl("messages.content", part);
      // The other protocols decide it themselves.
      if (!detail && part.kind === "image" && part.detail !== undefined && part.detail !== "auto") {
        drop("messages.content.image_url.detail");
      }
    }
    for (const call of message.role === "assistant" ? message.calls : []) {
      dropCacheControl("messages.tool_calls", call);
    }
  }
  for (const tool of tools) {
    if (tool.kind === "function") {
      dropCacheControl("tools", tool);
    }
  }
}
