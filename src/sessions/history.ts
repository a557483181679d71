/** Keeps a conversation within a size limit. Pure. */
import type { StoredMessage } from "./session-store.ts";

/**
 * Drops the oldest turns until the rest fits. A turn begins with a user message and ends before the next one, so a tool
 * call keeps its result. The newest turn always stays, whatever its size.
 */
export function withinBytes(
  messages: readonly StoredMessage[],
  maxBytes: number,
): readonly StoredMessage[] {
  let start = 0;
  let keptBytes = historyBytes(messages);
  let passedBytes = 0;
  for (const [at, { role, json }] of messages.entries()) {
    if (keptBytes <= maxBytes) {
      break;
    }
    if (at > 0 && role === "user") {
      start = at;
      keptBytes -= passedBytes;
      passedBytes = 0;
    }
    passedBytes += Buffer.byteLength(json);
  }
  return messages.slice(start);
}

export function historyBytes(messages: readonly StoredMessage[]): number {
  return messages.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
}
