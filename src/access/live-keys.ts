/** The current virtual keys of a running gateway. Only `refresh` reads the disk. */
import type { StoredKeys } from "../config/schema.ts";
import { declaredPath, doubleProblem, mergeKeys } from "./all-keys.ts";
import { createKeyDirectory, type KeyDirectory } from "./key-directory.ts";
import type { WatchedKeyFile } from "./watched-key-file.ts";

export interface KeyProblem {
  /** Path of the key file, or of the setting in the host's config. */
  readonly path: string;
  /** What is wrong, without a capital letter or a full stop; it may also say what to do. */
  readonly problem: string;
  /** What to do about it, as a sentence. */
  readonly fix: string;
}

export interface LiveKeys {
  directory(): KeyDirectory;
  /** All keys in use, by name. */
  keys(): StoredKeys;
  /** Problems of the file, and names that both the file and the config use. */
  problems(): readonly KeyProblem[];
  /** Reads the file if it has changed. Never throws. */
  refresh(): Promise<void>;
}

export interface LiveKeysParts {
  /** Returns the config's keys: the same object until the config changes. */
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
        fix: "Remove one of them, or rename the key in the config.",
      })),
    ],
    refresh: () => file.refresh(),
  };
}

function derive(fromConfig: StoredKeys, fromFile: StoredKeys) {
  const { keys, doubles } = mergeKeys(fromConfig, fromFile);
  return { fromConfig, fromFile, keys, doubles, directory: createKeyDirectory(keys) };
}
