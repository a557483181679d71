/** Limits how many operations run at once. Further ones wait in a queue, first in, first out, with a timeout. */

interface BulkheadLimits {
  /** Concurrent operations; 0 for no limit. */
  readonly maxConcurrent: number;
  /** Longest wait in the queue. */
  readonly queueTimeoutMs: number;
}

export interface BulkheadOptions {
  /** Length of the queue. Beyond it, operations are rejected at once. */
  readonly maxQueued: number;
  /** Makes the error for an operation that is rejected or has waited too long. */
  readonly fullError: (limits: BulkheadLimits) => Error;
}

export interface Bulkhead {
  /**
   * Runs the operation when the limits allow. They are passed with each call, so a changed config applies to the next one.
   * @throws `fullError`, or the signal's reason if it is aborted while waiting.
   */
  run<R>(limits: BulkheadLimits, signal: AbortSignal, operation: () => Promise<R>): Promise<R>;
  readonly active: number;
  readonly queued: number;
}

interface Waiting {
  readonly limits: BulkheadLimits;
  readonly start: () => void;
}

export function createBulkhead(options: BulkheadOptions): Bulkhead {
  let active = 0;
  const queue = new Set<Waiting>();

  const hasRoom = ({ maxConcurrent }: BulkheadLimits) =>
    maxConcurrent === 0 || active < maxConcurrent;

  const startNext = () => {
    for (const waiting of queue) {
      if (!hasRoom(waiting.limits)) {
        return;
      }
      queue.delete(waiting);
      active += 1;
      waiting.start();
    }
  };

  const turn = (limits: BulkheadLimits, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const dequeue = () => {
        queue.delete(waiting);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        dequeue();
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        dequeue();
        reject(options.fullError(limits));
      }, limits.queueTimeoutMs);
      const waiting: Waiting = {
        limits,
        start() {
          dequeue();
          resolve();
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.add(waiting);
    });

  return {
    async run(limits, signal, operation) {
      if (queue.size === 0 && hasRoom(limits)) {
        active += 1;
      } else if (queue.size >= options.maxQueued) {
        throw options.fullError(limits);
      } else {
        signal.throwIfAborted();
        await turn(limits, signal);
      }
      try {
        return await operation();
      } finally {
        active -= 1;
        startNext();
      }
    },
    get active() {
      return active;
    },
    get queued() {
      return queue.size;
    },
  };
}
