/** Things that are made for the bounds that the config has now. */

/**
 * @param bounds as the config has them.
 * @param make makes the thing; when the bounds change, another one takes its place.
 * @param leave is told of the one that goes.
 */
export function perBounds<B, T>(
  bounds: () => B,
  make: (bounds: B) => T,
  leave: (thing: T) => void = () => undefined,
): () => T {
  let current: { readonly bounds: string; readonly thing: T } | undefined;
  return () => {
    const options = bounds();
    const wanted = JSON.stringify(options);
    if (current?.bounds !== wanted) {
      if (current !== undefined) {
        leave(current.thing);
      }
      current = { bounds: wanted, thing: make(options) };
    }
    return current.thing;
  };
}
