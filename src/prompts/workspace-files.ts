/** Reads small text files of a folder, and caches them until they change. */
import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { LRUCache } from "lru-cache";
import { RelayError } from "../errors.ts";

export interface WorkspaceFiles {
  /**
   * Reads a file by its path inside a folder.
   * @returns the trimmed text; undefined if there is no such file.
   * @throws RelayError `prompt_unavailable` for a file that is too large or outside of the folder.
   */
  read(folder: string, file: string): Promise<string | undefined>;
}

const maxFileBytes = 64 * 1024;
const maxFiles = 1000;

interface Known {
  /** Changes whenever the file does: device, inode, size, mtime, ctime. */
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
        throw unavailable(file, `is not a file of at most ${maxFileBytes} bytes`);
      }
      // Resolve symbolic links first, then check that the file is inside the folder.
      const [realFolder, realFile] = await Promise.all([realpath(folder), realpath(path)]);
      if (!realFile.startsWith(realFolder + sep)) {
        throw unavailable(file, "is outside the agent's workspace");
      }
      const text = (await readFile(realFile, "utf8")).trim();
      known.set(path, { version, text });
      return text;
    },
  };
}

/** @param what is wrong with the file, as the end of a sentence. */
export function unavailable(file: string, what: string): RelayError {
  return new RelayError(
    "prompt_unavailable",
    `The agent's system prompt cannot be read: ${JSON.stringify(file)} ${what}. ` +
      "The gateway's operator can change light.files or agents.<id>.http.systemPrompt in plugins.entries.passthrough.config.",
  );
}
