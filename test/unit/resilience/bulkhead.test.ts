import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Bulkhead, createBulkhead } from "../../../src/resilience/bulkhead.ts";

let limit: Bulkhead;
const limits = { maxConcurrent: 2, queueTimeoutMs: 1000 };
const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
  limit = createBulkhead({ maxQueued: 2, fullError: () => new Error("full") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Starts an operation that records its start and ends on command. */
function begin(started: number[], name: number, signal = never) {
  const end = Promise.withResolvers<void>();
  const outcome = limit
    .run(limits, signal, () => {
      started.push(name);
      return end.promise;
    })
    .then(
      () => "ok",
      (error: Error) => error.message,
    );
  return { end: () => end.resolve(), fail: () => end.reject(new Error("failed")), outcome };
}

describe("a bulkhead", () => {
  test("runs maxConcurrent operations at once and the others in order", async () => {
    const started: number[] = [];
    const all = [1, 2, 3, 4].map((name) => begin(started, name));
    expect([started, limit.active, limit.queued]).toEqual([[1, 2], 2, 2]);
    all[1]?.end();
    await all[1]?.outcome;
    expect(started).toEqual([1, 2, 3]);
    all[0]?.fail();
    expect(await all[0]?.outcome).toBe("failed");
    expect([started, limit.active, limit.queued]).toEqual([[1, 2, 3, 4], 2, 0]);
  });

  test("rejects an operation when its queue is full", async () => {
    const started: number[] = [];
    const all = [1, 2, 3, 4, 5].map((name) => begin(started, name));
    expect(await all[4]?.outcome).toBe("full");
  });

  test("rejects an operation that waits longer than queueTimeoutMs", async () => {
    const started: number[] = [];
    const all = [1, 2, 3].map((name) => begin(started, name));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await all[2]?.outcome).toBe("full");
    expect([started, limit.queued]).toEqual([[1, 2], 0]);
  });

  test("removes an aborted operation from its queue", async () => {
    const started: number[] = [];
    const gone = new AbortController();
    const all = [1, 2].map((name) => begin(started, name));
    const leaving = begin(started, 3, gone.signal);
    gone.abort(new Error("gone"));
    expect(await leaving.outcome).toBe("gone");
    all[0]?.end();
    await all[0]?.outcome;
    expect([started, limit.active, limit.queued]).toEqual([[1, 2], 1, 0]);
  });

  test("with maxConcurrent 0 limits nothing but still counts", async () => {
    const ends = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }) =>
      limit.run({ ...limits, maxConcurrent: 0 }, never, () => promise),
    );
    expect(limit.active).toBe(3);
    for (const { resolve } of ends) {
      resolve();
    }
    await Promise.all(runs);
    expect(limit.active).toBe(0);
  });
});
