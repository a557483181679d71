/** Looks at the plugin's own folder and files: who may read and write them. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { keyFilePath } from "../access/key-file.ts";
import { ledgerPath } from "../quota/ledger-file.ts";

/** One of the plugin's own files, or the folder with them. */
export interface FileFact {
  readonly path: string;
  readonly kind: "folder" | "keys" | "usage";
  /** The permission bits, such as 0o600; undefined on a system without them. */
  readonly mode: number | undefined;
  /** Whether it belongs to the user that this process runs as. */
  readonly isOwn: boolean;
  /** Whether this process may use it: read and replace a file, or list a folder and write into it. */
  readonly isUsable: boolean;
}

const usage = {
  folder: constants.R_OK | constants.W_OK | constants.X_OK,
  // A file is replaced as a whole, which is a change of its folder.
  keys: constants.R_OK,
  usage: constants.R_OK,
} as const satisfies Record<FileFact["kind"], number>;

/** @returns what exists of them. Never rejects. */
export async function readFileFacts(stateFolder: string): Promise<readonly FileFact[]> {
  const keys = join(stateFolder, keyFilePath);
  const found = await Promise.all([
    readFact(dirname(keys), "folder"),
    readFact(keys, "keys"),
    readFact(join(stateFolder, ledgerPath), "usage"),
  ]);
  return found.filter((fact) => fact !== undefined);
}

async function readFact(path: string, kind: FileFact["kind"]): Promise<FileFact | undefined> {
  try {
    const { mode, uid } = await stat(path);
    const isUsable = await access(path, usage[kind]).then(
      () => true,
      () => false,
    );
    const own = process.getuid?.();
    return {
      path,
      kind,
      mode: own === undefined ? undefined : mode & 0o777,
      isOwn: own === undefined || own === uid,
      isUsable,
    };
  } catch {
    // It does not exist yet, or its folder cannot be searched, which the folder's fact says.
    return undefined;
  }
}
