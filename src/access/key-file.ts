/** The key file: virtual keys that the command line creates. The host's `doctor` and `uninstall` do not touch it. */
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { keysSchema, type StoredKeys } from "../config/schema.ts";
import { withFileLock } from "../files/file-lock.ts";
import { readJsonFile, writeJsonFile } from "../files/json-file.ts";

/** Relative to the host's state folder. */
export const keyFilePath = join("passthrough", "keys.json");

const fileSchema = Type.Object(
  { version: Type.Literal(1), keys: keysSchema },
  { additionalProperties: false },
);

/** @returns no keys if there is no file. @throws Error, which names the file, if it cannot be read or is not a key file. */
export async function readKeyFile(path: string): Promise<StoredKeys> {
  try {
    return (await readJsonFile(path, fileSchema, "virtual keys"))?.keys ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the virtual keys in ${path} cannot be read, so nothing is written there (${reason}): repair the file, or move it away and create the keys again`,
      { cause: error },
    );
  }
}

/**
 * Changes the keys under a lock, one process at a time.
 * @param change modifies its argument. If it throws, nothing is written.
 * @throws Error if the file cannot be read or is not a key file; nothing is written then.
 */
export function changeKeyFile(path: string, change: (keys: StoredKeys) => void): Promise<void> {
  return withFileLock(`${path}.lock`, "the keys", async () => {
    const keys = await readKeyFile(path);
    change(keys);
    const content: Static<typeof fileSchema> = { version: 1, keys };
    await writeJsonFile(path, content);
  });
}
