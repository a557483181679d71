/** The virtual keys as they are now, in a gateway that goes on. Nothing here waits for the disk but `refresh`. */
import type { StoredKeys } from "../config/schema.ts";
import { declaredPath, doubleProblem, mergeKeys } from "./all-keys.ts";
import { createKeyDirectory, type KeyDirectory } from "./key-directory.ts";
import type { WatchedKeyFile } from "./watched-key-file.ts";

export interface KeyProblem {
  /** Of the file, or within the host's config. */
  readonly path: string;
  /** What is wrong, and what to do about it. */
  readonly problem: string;
  /** What to do about it, as a sentence. */
  readonly fix: string;
}

export interface LiveKeys {
  directory(): KeyDirectory;
  /** All keys that are used, by their names. */
  keys(): StoredKeys;
  /** What is wrong with the file, or with the file and the config together. */
  problems(): readonly KeyProblem[];
  /** Reads the file if it has changed. Never throws. */
  refresh(): Promise<void>;
}

export interface LiveKeysParts {
  /** The keys of the config; the same object until the config changes. */
  readonly declared: () => StoredKeys;
  readonly file: WatchedKeyFile;
  readonly path: () => string;
}

export function createLiveKeys({ declared, file, path }: LiveKeysParts): LiveKeys {
  let known = derive({}, {});
  const current = () => {
    const fromConfig = declared();
    if (known.fromConfig !== fromConfig || known.fromFile !== file.keys) {
      known = derive(fromConfig, file.keys);
    }
    return known;
  };
  return {
    directory: () => current().directory,
    keys: () => current().keys,
    problems: () => [
      ...(file.problem === undefined
        ? []
        : [
            {
              path: path(),
              problem: file.problem,
              fix: "Repair the file, or move it away. The keys that were read before still work.",
            },
          ]),
      ...current().doubles.map((name) => ({
        path: `${declaredPath}.${name}`,
        problem: doubleProblem(name, path()),
        fix: "Remove one of the two, or give the config's key another name.",
      })),
    ],
    refresh: () => file.refresh(),
  };
}

function derive(fromConfig: StoredKeys, fromFile: StoredKeys) {
  const { keys, doubles } = mergeKeys(fromConfig, fromFile);
  return { fromConfig, fromFile, keys, doubles, directory: createKeyDirectory(keys) };
}
