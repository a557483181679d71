/** Runs the turns of a session one at a time, in order of arrival. Different sessions do not wait for each other. */

export interface TurnQueue {
  /**
   * Runs the turn after all earlier ones of the session.
   * @throws the signal's reason, as soon as it is aborted while the turn waits.
   */
  run<R>(key: string, signal: AbortSignal, turn: () => Promise<R>): Promise<R>;
  /** Number of sessions with a turn that is running or waiting. */
  readonly size: number;
}

export function createTurnQueue(): TurnQueue {
  /** By session: a promise that resolves when its last turn has ended. */
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
        if (before !== undefined) {
          await unlessAborted(before, signal);
        }
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

/** @throws the signal's reason as soon as it is aborted. */
function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) {
      onAbort();
    }
    signal.addEventListener("abort", onAbort, { once: true });
    void wait.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
