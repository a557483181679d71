/** Values that are derived once for each snapshot of a config. */

/**
 * Caches a value that is derived from the config, for the latest snapshot only.
 * @param current returns the snapshot: the same object until the config changes.
 * @param derive computes the value from a snapshot.
 */
export function perSnapshot<S extends object, T>(
  current: () => S,
  derive: (snapshot: S) => T,
): () => T {
  let known: { readonly snapshot: S; readonly value: T } | undefined;
  return () => {
    const snapshot = current();
    if (known?.snapshot !== snapshot) {
      known = { snapshot, value: derive(snapshot) };
    }
    return known.value;
  };
}
