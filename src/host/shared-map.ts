/**
 * Shares state between copies of the plugin. The host loads it more than once in one process: hooks run in one copy,
 * routes in another, and the copies share no module. They share `globalThis`.
 */

/** @returns the map with this name, the same one in every copy of the plugin. All callers of a name must agree on `T`. */
export function sharedMap<T>(name: string): Map<string, T> {
  const place = Symbol.for(`openclaw-passthrough.${name}`);
  const shared = globalThis as { [place: symbol]: unknown };
  return (shared[place] ??= new Map<string, T>()) as Map<string, T>;
}
