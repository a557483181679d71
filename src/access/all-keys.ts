/** All virtual keys: those that the config declares, and those of the file. */
import type { StoredKeys } from "../config/schema.ts";

/** Where a key is kept: declared in the config by hand, or in the file by the command line. */
export type KeyPlace = "config" | "file";

/** Where the config declares its keys, for people. */
export const declaredPath = "plugins.entries.passthrough.config.keys";

export interface AllKeys {
  readonly keys: StoredKeys;
  /** Names in both places with different keys behind them: the config's is used, the file's is not. */
  readonly doubles: readonly string[];
}

/**
 * The config goes before the file, because it is what an operator has written by hand. The same key in both is none of
 * `doubles`: it is being moved.
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

/** A name is what somebody typed: it may be one of what every object has. */
export function keyNamed(keys: StoredKeys, name: string): StoredKeys[string] | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}

/** Whether both are one key, whatever they allow. */
export function isSameKey(key: StoredKeys[string], other: StoredKeys[string]): boolean {
  return key.id === other.id && key.sha256 === other.sha256;
}

/** What is said of a name that is in both places. */
export function doubleProblem(name: string, file: string): string {
  return `there is a virtual key "${name}" in the config and another one in ${file}; the config's is used: take one of them away, or give the config's another name`;
}
