/**
 * The host removes sessions with all that belongs to them by a prefix of their keys, and one such call reads the whole
 * store. So keys that may go are put into few batches, each with a prefix that no other key has. Pure.
 */

export interface KeyBatch {
  /** Begins each of `keys`, and no key that has to stay. */
  readonly prefix: string;
  readonly keys: readonly string[];
}

export interface KeysToBatch {
  /** Keys that may go; none is there twice. */
  readonly going: readonly string[];
  /** What all of them begin with: no prefix is shorter, so that a key that comes meanwhile is seldom reached. */
  readonly beginning: string;
  /** All other keys of the same store. */
  readonly staying: readonly string[];
  /** A batch is one write of the store: it has to stay small. */
  readonly maxKeys: number;
}

/**
 * @returns batches that hold each of `going` once, but for a key that begins one of `staying`, or too many others: no
 * prefix takes only it, so it stays.
 */
export function batchKeys({
  going,
  beginning,
  staying,
  maxKeys,
}: KeysToBatch): readonly KeyBatch[] {
  const batches: KeyBatch[] = [];
  const divide = (keys: readonly string[], others: readonly string[], length: number) => {
    if (keys.length === 0) {
      return;
    }
    const prefix = keys[0]?.slice(0, length) ?? "";
    const sharing = others.filter((key) => key.startsWith(prefix));
    if (sharing.length === 0 && keys.length <= maxKeys) {
      batches.push({ prefix, keys });
      return;
    }
    for (const [next, below] of Map.groupBy(keys, (key) => key.slice(0, length + 1))) {
      // A key that ends here would come round for ever.
      if (next.length > length) {
        divide(below, sharing, length + 1);
      }
    }
  };
  divide(going, staying, beginning.length);
  return batches;
}
