/** Keeps a conversation within a bound. Pure. */
import type { StoredMessage } from "./session-store.ts";

/**
 * Drops the oldest turns until the rest fits. A turn begins with a user's message and ends before the next one, so that a
 * tool call never loses its result; the newest turn stays, however large it is.
 */
export function withinBytes(
  messages: readonly StoredMessage[],
  maxBytes: number,
): readonly StoredMessage[] {
  let kept = messages;
  while (historyBytes(kept) > maxBytes) {
    const next = kept.findIndex(({ role }, index) => index > 0 && role === "user");
    if (next === -1) {
      return kept;
    }
    kept = kept.slice(next);
  }
  return kept;
}

export function historyBytes(messages: readonly StoredMessage[]): number {
  return messages.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
}
