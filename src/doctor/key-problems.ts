/** Describes virtual keys for the list of problems: those of the config and those of the key file. */
import type { StoredKeys } from "../config/schema.ts";
import type { KeyProblem } from "../access/live-keys.ts";
import { pathOf, type Problem } from "../control/problems.ts";
import type { KeyFacts } from "./facts.ts";

/** @returns all keys, each with the path of its settings. */
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

/** A problem of the key file: it cannot be read, or the config declares another key with the same name. */
export function keyProblem({ path, problem, fix }: KeyProblem): Problem {
  const message = `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}.`;
  return { severity: "error", path, message, fix };
}
