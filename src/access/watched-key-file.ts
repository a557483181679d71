/** The file of keys in a process that goes on: looked at again and again, and read when it has changed. */
import { stat } from "node:fs/promises";
import type { StoredKeys } from "../config/schema.ts";
import { readKeyFile } from "./key-file.ts";

export interface WatchedKeyFile {
  /** The keys as they were last read; the same object until they are read again. */
  readonly keys: StoredKeys;
  /** Why the file can't be read now. The keys that were read before stay. */
  readonly problem: string | undefined;
  /** Reads the file if it has changed. Never throws. */
  refresh(): Promise<void>;
}

export function createWatchedKeyFile(path: () => string): WatchedKeyFile {
  let keys: StoredKeys = {};
  let problem: string | undefined;
  let seen: string | undefined;
  let refreshing: Promise<void> | undefined;

  const refresh = async () => {
    const found = await stampOf(path());
    if (found === seen) {
      return;
    }
    try {
      keys = await readKeyFile(path());
      problem = undefined;
      // As it was before the reading: a change during it is seen the next time.
      seen = found;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      seen = undefined;
    }
  };
  return {
    get keys() {
      return keys;
    },
    get problem() {
      return problem;
    },
    refresh() {
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
  };
}

/** What is another one after each change: the file is replaced, never written in place by us. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
