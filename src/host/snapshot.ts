/** Derives things from the host's config once for each snapshot of it. */

/**
 * @param current gives the snapshot; the host keeps one object until the config changes, and then has another.
 * @param derive makes the value; what it gave for an earlier snapshot is let go.
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
