/** Reads and writes the plugin's small JSON files: validates on read, replaces the whole file on write. */
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Value } from "@sinclair/typebox/value";

/**
 * @param holds what the schema describes, for the error message.
 * @returns undefined if there is no file.
 * @throws Error if the file cannot be read or does not fit the schema. The message quotes nothing of its content.
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
  throw new Error(misfit(value, schema) ?? `it does not contain ${holds}`);
}

/** Whether a newer version of the plugin seems to have written the file; quotes names of members, but no values. */
function misfit(value: unknown, schema: TSchema): string | undefined {
  const newest = Math.max(...versionsOf(schema));
  const version =
    typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof version === "number" && version > newest) {
    return `a newer version of the plugin has written it, in format ${version}, and this one knows up to format ${newest}: update the plugin`;
  }
  const errors = [...Value.Errors(schema, value)];
  const [first] = errors;
  return first !== undefined && errors.every(isUnknownSetting)
    ? `it has a setting that this version of the plugin does not know, ${JSON.stringify(first.path.slice(1, 200))}: update the plugin, or remove the setting`
    : undefined;
}

/** An unknown member of a record is a name that does not fit. */
function isUnknownSetting({ type, schema }: ValueError): boolean {
  return (
    type === ValueErrorType.ObjectAdditionalProperties && schema["patternProperties"] === undefined
  );
}

/** The format versions that a schema, or one of its alternatives, accepts. */
function versionsOf(schema: TSchema): readonly number[] {
  const alternatives: readonly TSchema[] = schema["anyOf"] ?? [schema];
  return alternatives
    .map(({ properties }) => properties?.version?.const)
    .filter((version) => typeof version === "number");
}

/**
 * Replaces the file atomically: a reader sees either the old content or the new. Only the owner may read it (0600, its
 * folder 0700). The content is flushed to disk before this resolves, so a power cut does not undo it.
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
    // Not the parser's message: it quotes the text.
    throw new Error("it is not complete JSON");
  }
}

/** Flushes a rename, which is a change of the folder. Windows cannot open folders, and does not need this. */
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
