/** Reads small text files of a folder, once for each change of them. */
import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { LRUCache } from "lru-cache";
import { RelayError } from "../errors.ts";

/** Reads a file by its path inside a folder. @throws RelayError `prompt_unavailable`. */
export interface WorkspaceFiles {
  /** @returns the text, trimmed; undefined where there is no such file. */
  read(folder: string, file: string): Promise<string | undefined>;
}

const maxFileBytes = 64 * 1024;
const maxFiles = 1000;

interface Known {
  /** What changes when the file does: device, inode, size, time of the last change. */
  readonly version: string;
  readonly text: string;
}

export function createWorkspaceFiles(): WorkspaceFiles {
  const known = new LRUCache<string, Known>({ max: maxFiles });
  return {
    async read(folder, file) {
      const path = join(folder, file);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) {
        return undefined;
      }
      const version = [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(" ");
      const held = known.get(path);
      if (held?.version === version) {
        return held.text;
      }
      if (!found.isFile() || found.size > maxFileBytes) {
        throw unavailable(file, `is no file of at most ${maxFileBytes} bytes`);
      }
      // Links are followed before the question is asked whether the file is inside.
      const [realFolder, realFile] = await Promise.all([realpath(folder), realpath(path)]);
      if (!realFile.startsWith(realFolder + sep)) {
        throw unavailable(file, "is outside of the agent's workspace");
      }
      const text = (await readFile(realFile, "utf8")).trim();
      known.set(path, { version, text });
      return text;
    },
  };
}

export function unavailable(file: string, what: string): RelayError {
  return new RelayError(
    "prompt_unavailable",
    `The agent's system prompt cannot be read: ${JSON.stringify(file)} ${what}. ` +
      "Its operator can change light.files or agents.<id>.http.systemPrompt in plugins.entries.passthrough.config.",
  );
}
