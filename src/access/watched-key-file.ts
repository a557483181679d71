/** The key file in a running gateway: each `refresh` looks at it, and reads it if it has changed. */
import { stat } from "node:fs/promises";
import type { StoredKeys } from "../config/schema.ts";
import { readKeyFile } from "./key-file.ts";

export interface WatchedKeyFile {
  /** The keys that were last read; the same object until the next reading. */
  readonly keys: StoredKeys;
  /** Why the file cannot be read now; undefined if it can. Keys that were read before stay valid. */
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
      // The stamp from before the reading: the next refresh then notices a change that happens meanwhile.
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

/** A stamp that differs after each change: a replaced file has another inode or another ctime. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}
