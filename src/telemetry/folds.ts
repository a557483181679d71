/** Folds repeated messages: the first of a kind is written at once, then one line a minute says how many there were. */

export interface Folds {
  /**
   * @param kind such as `a/m1 → b/m2 (upstream_failed)`; also the text of the line that says how many.
   * @param first the line of the first one.
   * @returns whether it was written.
   */
  add(kind: string, first: string): boolean;
  /** Counts one that is told otherwise. @returns whether it is the first one. */
  count(kind: string): boolean;
  /** Writes what is counted, and starts no more timers. */
  stop(): void;
}

export interface FoldsOptions {
  readonly write: (line: string) => void;
  readonly maxKinds?: number;
}

const minuteMs = 60_000;
/** What all kinds beyond the bound are counted as. */
const otherKinds = "other failures";

export function createFolds({ write, maxKinds = 200 }: FoldsOptions): Folds {
  /** How many were counted since the last line. */
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** A kind that did not come again is forgotten, so that its next one is written at once. */
  const flush = () => {
    timer = undefined;
    for (const [kind, count] of counts) {
      if (count === 0) {
        counts.delete(kind);
      } else {
        counts.set(kind, 0);
        write(
          `passthrough: ${kind}: ${count} ${count === 1 ? "time" : "times"} in the last minute`,
        );
      }
    }
    arm();
  };
  const arm = () => {
    if (timer === undefined && counts.size > 0 && !isStopped) {
      timer = setTimeout(flush, minuteMs);
      timer.unref();
    }
  };

  const countOne = (wanted: string) => {
    const kind = counts.size < maxKinds || counts.has(wanted) ? wanted : otherKinds;
    const count = counts.get(kind);
    counts.set(kind, count === undefined ? 0 : count + 1);
    arm();
    return count === undefined;
  };

  return {
    add(kind, first) {
      const isFirst = countOne(kind);
      if (isFirst) {
        write(first);
      }
      return isFirst;
    },
    count: countOne,
    stop() {
      clearTimeout(timer);
      isStopped = true;
      flush();
    },
  };
}
