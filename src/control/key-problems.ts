/** Virtual keys as the list of problems has them, wherever they are kept. */
import type { StoredKeys } from "../config/schema.ts";
import type { KeyProblem } from "../access/live-keys.ts";
import { type KeyFacts, pathOf, type Problem } from "./problems.ts";

/** @returns all keys, each with the path at which its settings are. */
export function keysWithPaths(
  keys: StoredKeys,
  places: { readonly declared: StoredKeys; readonly filePath: string },
): readonly KeyFacts[] {
  return Object.entries(keys).map(([name, settings]) => ({
    name,
    path: Object.hasOwn(places.declared, name)
      ? pathOf("keys", name)
      : `${places.filePath}: ${name}`,
    settings,
  }));
}

/** A key that is wrong for where it is kept: its file can't be read, or the config has another key of its name. */
export function keyProblem({ path, problem, fix }: KeyProblem): Problem {
  const message = `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}.`;
  return { severity: "error", path, message, fix };
}
