/** Merges the virtual keys of the config with those of the key file. */
import type { StoredKeys } from "../config/schema.ts";

/** Where a key is stored: the config (by hand) or the key file (by the command line). */
export type KeyPlace = "config" | "file";

/** The config's path of its keys, for messages. */
export const declaredPath = "plugins.entries.passthrough.config.keys";

export interface AllKeys {
  readonly keys: StoredKeys;
  /** Names that are in both places with different keys. The config's key is used, the file's is ignored. */
  readonly doubles: readonly string[];
}

/**
 * The config wins over the file, because an operator wrote it by hand. The same key in both places is not in `doubles`: an
 * import is under way.
 */
export function mergeKeys(declared: StoredKeys, made: StoredKeys): AllKeys {
  const doubles = Object.entries(made)
    .filter(([name, key]) => {
      const other = keyNamed(declared, name);
      return other !== undefined && !isSameKey(key, other);
    })
    .map(([name]) => name);
  return { keys: { ...made, ...declared }, doubles };
}

/** Looks up an own member only: `name` is user input and may be `constructor` or `__proto__`. */
export function keyNamed(keys: StoredKeys, name: string): StoredKeys[string] | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}

/** Whether two entries are the same key, even if they allow different things. */
export function isSameKey(key: StoredKeys[string], other: StoredKeys[string]): boolean {
  return key.id === other.id && key.sha256 === other.sha256;
}

/** The message for a name of `doubles`. */
export function doubleProblem(name: string, file: string): string {
  return `the config and ${file} have different virtual keys named "${name}", and the config's is used: remove one of them, or rename the one in the config`;
}
