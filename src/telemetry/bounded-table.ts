/**
 * A table of the most used names. Whatever is beyond its bound is counted under `other`, so that sums stay exact and made-up
 * names take no memory.
 */

export interface BoundedTable<L, V> {
  /** The value to count into: the name's own, or that of `other`. @param labels what a new entry is created from. */
  use(name: string, labels: L): V;
  /** The names' values and, if anything was counted there, that of `other`. */
  values(): readonly V[];
  /** Uses that were counted under `other`. */
  readonly folded: number;
}

export interface BoundedTableOptions<L, V> {
  readonly create: (labels: L) => V;
  /** The labels of `other`. */
  readonly other: L;
  /** Adds a value that leaves the table to that of `other`. */
  readonly fold: (into: V, from: V) => void;
  /** Names of their own. */
  readonly maxNames?: number;
}

/** The name that views show for what is beyond the bound. */
export const otherName = "other";
const standardMaxNames = 200;

interface Entry<V> {
  uses: number;
  readonly value: V;
}

/**
 * A name without an entry is counted under `other` until it was used more often than the least used entry; then it takes
 * that entry's place. `other` never shrinks.
 */
export function createBoundedTable<L, V>(options: BoundedTableOptions<L, V>): BoundedTable<L, V> {
  const { create, fold, maxNames = standardMaxNames } = options;
  const entries = new Map<string, Entry<V>>();
  /** Uses of names without an entry. */
  let waiting = new Map<string, number>();
  let other: V | undefined;
  let folded = 0;
  /** At most the uses of the least used entry. */
  let leastUses = 0;

  const otherValue = () => (other ??= create(options.other));
  const leastUsed = (): readonly [string, Entry<V>] | undefined => {
    let least: readonly [string, Entry<V>] | undefined;
    for (const entry of entries) {
      if (least === undefined || entry[1].uses < least[1].uses) {
        least = entry;
      }
    }
    leastUses = least?.[1].uses ?? 0;
    return least;
  };
  const enter = (name: string, labels: L, uses: number): V => {
    const entry = { uses, value: create(labels) };
    entries.set(name, entry);
    return entry.value;
  };

  return {
    use(name, labels) {
      const known = entries.get(name);
      if (known !== undefined) {
        known.uses += 1;
        return known.value;
      }
      if (name === otherName) {
        return otherValue();
      }
      if (entries.size < maxNames) {
        return enter(name, labels, 1);
      }
      const uses = (waiting.get(name) ?? 0) + 1;
      if (uses > leastUses) {
        const least = leastUsed();
        if (least !== undefined && uses > least[1].uses) {
          entries.delete(least[0]);
          fold(otherValue(), least[1].value);
          waiting.delete(name);
          return enter(name, labels, uses);
        }
      }
      folded += 1;
      if (waiting.size >= maxNames && !waiting.has(name)) {
        waiting = new Map();
      }
      waiting.set(name, uses);
      return otherValue();
    },
    values() {
      const all = [...entries.values()].map(({ value }) => value);
      return other === undefined ? all : [...all, other];
    },
    get folded() {
      return folded;
    },
  };
}
