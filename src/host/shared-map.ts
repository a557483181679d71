/**
 * The host loads the plugin more than once in one process: the copy whose hooks run is not the copy whose routes serve, and the
 * two share no module. They meet on `globalThis`.
 */

/** @returns the map of that name, the same one in every copy of the plugin. All callers of a name have to agree on `T`. */
export function sharedMap<T>(name: string): Map<string, T> {
  const place = Symbol.for(`openclaw-passthrough.${name}`);
  const shared = globalThis as { [place: symbol]: unknown };
  return (shared[place] ??= new Map<string, T>()) as Map<string, T>;
}
