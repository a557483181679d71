/**
 * Groups session keys into batches for removal. The host removes sessions by a prefix of their keys, and each call reads
 * the whole store. So batches should be few, and no key that stays may share a batch's prefix. Pure.
 */

export interface KeyBatch {
  /** Prefix of all `keys`, and of no key that stays. */
  readonly prefix: string;
  readonly keys: readonly string[];
}

export interface KeysToBatch {
  /** Keys to remove, without duplicates. */
  readonly going: readonly string[];
  /** Common prefix of `going`, and the shortest prefix of a batch: it seldom matches a session created meanwhile. */
  readonly beginning: string;
  /** All other keys of the same store. */
  readonly staying: readonly string[];
  /** Largest batch. A batch is one write of the store, so it has to be small. */
  readonly maxKeys: number;
}

/**
 * @returns batches that contain each key of `going` once. A key is left out if it is itself a prefix of a staying key, or
 * of too many others: no prefix selects only it.
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
      // Skip a key that ends here: its prefix cannot grow, so dividing would never end.
      if (next.length > length) {
        divide(below, sharing, length + 1);
      }
    }
  };
  divide(going, staying, beginning.length);
  return batches;
}
