/** A small JSON file of ours in the host's state folder: checked when it is read, replaced as a whole when it is written. */
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/**
 * @param holds what the schema describes, for the error.
 * @returns undefined where there is no file.
 * @throws Error for a file that can't be read or holds something else; nothing of its content is in the message.
 */
export async function readJsonFile<S extends TSchema>(
  path: string,
  schema: S,
  holds: string,
): Promise<Static<S> | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  });
  if (text === undefined) {
    return undefined;
  }
  const value = parse(text);
  if (Value.Check(schema, value)) {
    return value;
  }
  throw new Error(`it does not hold ${holds}`);
}

/**
 * Replaces the file, for its owner only (0600, its folder 0700). A reader finds the old content or the new one, and what was
 * written is on the disk when this returns: a power cut takes back nothing that was built on it.
 */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  const folder = dirname(path);
  const next = `${path}.${process.pid}.tmp`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(next, JSON.stringify(value), { mode: 0o600, flush: true });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await flushFolder(folder);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw new Error("it is no JSON, or not whole");
  }
}

/** A file's new name is a change of its folder. Windows opens no folder, and needs no such flush. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") {
    return;
  }
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
