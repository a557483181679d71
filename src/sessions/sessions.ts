/** The sessions in memory, with the bounds that the config has now. */
import { createMemoryStore, type MemoryStoreOptions } from "./memory-store.ts";
import type { SessionStore } from "./session-store.ts";

/**
 * @param bounds as the config has them.
 * @returns gives the store. When the bounds change, sessions begin anew in another one.
 */
export function createSessions(bounds: () => MemoryStoreOptions): () => SessionStore {
  let current: { readonly bounds: string; readonly store: SessionStore } | undefined;
  return () => {
    const options = bounds();
    const wanted = JSON.stringify(options);
    if (current?.bounds !== wanted) {
      current = { bounds: wanted, store: createMemoryStore(options) };
    }
    return current.store;
  };
}
