/** Rebuilds an object when its bounds in the config change. */

/**
 * Returns a function that gives the object for the current bounds.
 * @param bounds returns the config's current bounds.
 * @param make creates the object.
 * @param leave called with an object that is replaced.
 */
export function perBounds<B, T>(
  bounds: () => B,
  make: (bounds: B) => T,
  leave: (value: T) => void = () => undefined,
): () => T {
  let current: { readonly bounds: string; readonly value: T } | undefined;
  return () => {
    const options = bounds();
    const wanted = JSON.stringify(options);
    if (current?.bounds !== wanted) {
      if (current !== undefined) {
        leave(current.value);
      }
      current = { bounds: wanted, value: make(options) };
    }
    return current.value;
  };
}
