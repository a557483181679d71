/** The file of the virtual keys that the command line makes. A repair or an uninstall by the host does not touch it. */
import { join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { keysSchema, type StoredKeys } from "../config/schema.ts";
import { withFileLock } from "../files/file-lock.ts";
import { readJsonFile, writeJsonFile } from "../files/json-file.ts";

/** Below the host's state folder. */
export const keyFilePath = join("passthrough", "keys.json");

const fileSchema = Type.Object(
  { version: Type.Literal(1), keys: keysSchema },
  { additionalProperties: false },
);

/** @returns no keys where there is no file. @throws Error that names the file, when it holds something else or can't be read. */
export async function readKeyFile(path: string): Promise<StoredKeys> {
  try {
    return (await readJsonFile(path, fileSchema, "virtual keys"))?.keys ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the virtual keys in ${path} cannot be read, and nothing is written there (${reason}): repair the file, or move it away and make the keys anew`,
      { cause: error },
    );
  }
}

/**
 * Changes the keys, one process at a time.
 * @param change changes what it is given; what it throws leaves the file as it was.
 * @throws Error for a file that is not ours, which is left alone.
 */
export function changeKeyFile(path: string, change: (keys: StoredKeys) => void): Promise<void> {
  return withFileLock(`${path}.lock`, async () => {
    const keys = await readKeyFile(path);
    change(keys);
    const content: Static<typeof fileSchema> = { version: 1, keys };
    await writeJsonFile(path, content);
  });
}
