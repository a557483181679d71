/** One turn at a time for each session, in the order in which they came; different sessions never wait for each other. */

export interface TurnQueue {
  /** Runs the turn when those before it are over. @throws the signal's reason when it is aborted while waiting. */
  run<R>(key: string, signal: AbortSignal, turn: () => Promise<R>): Promise<R>;
  /** Sessions that have a turn under way. */
  readonly size: number;
}

export function createTurnQueue(): TurnQueue {
  /** The end of the last turn of each session. */
  const ends = new Map<string, Promise<void>>();
  return {
    async run(key, signal, turn) {
      const before = ends.get(key);
      const over = Promise.withResolvers<void>();
      const end = (before ?? Promise.resolve()).then(() => over.promise);
      ends.set(key, end);
      void end.then(() => {
        if (ends.get(key) === end) {
          ends.delete(key);
        }
      });
      try {
        await before;
        signal.throwIfAborted();
        return await turn();
      } finally {
        over.resolve();
      }
    },
    get size() {
      return ends.size;
    },
  };
}
