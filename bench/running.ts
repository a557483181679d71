/** What has been started and must be ended again. */

interface Closable {
  close(): Promise<void>;
}

export interface Running {
  /** Has it closed with the rest. */
  keep<One extends Closable>(one: One): One;
  closeAll(): Promise<void>;
}

export function createRunning(): Running {
  const kept: Closable[] = [];
  return {
    keep(one) {
      kept.push(one);
      return one;
    },
    async closeAll() {
      await Promise.all(kept.map((one) => one.close()));
    },
  };
}
