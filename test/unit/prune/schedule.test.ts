import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Prune } from "../../../src/prune/prune.ts";
import { createPruneSchedule } from "../../../src/prune/schedule.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const none = { running: 0, pinned: 0, named: 0, held: 0, recent: 0, changed: 0, refused: 0 };
const ages = { "under-1d": 0, "1d-7d": 0, "7d-30d": 2, "over-30d": 0 };

function start(
  prune: Prune,
  retention: { modelRunTtlMs?: number; httpOneShotTtlMs?: number } = { modelRunTtlMs: hourMs },
) {
  const lines: string[] = [];
  const logger = {
    info: (line: string) => lines.push(`info ${line}`),
    warn: (line: string) => lines.push(`warn ${line}`),
  };
  const schedule = createPruneSchedule({ prune, retention: () => retention, logger });
  schedule.start();
  return { schedule, lines, retention };
}
const nothing = async () => ({ dryRun: false, kinds: [] });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the background service", () => {
  test("prunes a few minutes after the start, then every hour", async () => {
    const prune = vi.fn<Prune>(nothing);
    const { schedule } = start(prune);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(prune).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(9 * minuteMs);
    expect(prune).toHaveBeenCalledTimes(1);
    expect(prune.mock.calls[0]?.[0]).toEqual({ ttlsMs: { "model-run": hourMs }, dryRun: false });
    await vi.advanceTimersByTimeAsync(2 * hourMs);
    expect(prune).toHaveBeenCalledTimes(3);
    await schedule.stop();
  });

  test("does nothing without a TTL, and applies a new one at its next run", async () => {
    const prune = vi.fn<Prune>(nothing);
    const { schedule, retention } = start(prune, {});
    await vi.advanceTimersByTimeAsync(2 * hourMs);
    expect(prune).not.toHaveBeenCalled();
    retention.httpOneShotTtlMs = 5000;
    await vi.advanceTimersByTimeAsync(hourMs);
    expect(prune.mock.calls.map(([request]) => request.ttlsMs)).toEqual([
      { "http-one-shot": 5000 },
    ]);
    await schedule.stop();
  });

  test("does not start a run while another one is running", async () => {
    const prune = vi.fn<Prune>(() => new Promise(() => undefined));
    start(prune);
    await vi.advanceTimersByTimeAsync(5 * hourMs);
    expect(prune).toHaveBeenCalledTimes(1);
  });

  test("logs what it removed, and warns of what the host refused", async () => {
    const { schedule, lines } = start(async () => ({
      dryRun: false,
      kinds: [
        {
          kind: "model-run",
          ttlMs: hourMs,
          sessions: 2,
          bytes: 4000,
          ages,
          kept: { ...none, refused: 1 },
          refusal: "work is in flight",
        },
      ],
    }));
    await vi.advanceTimersByTimeAsync(10 * minuteMs);
    expect(lines).toEqual([
      "info passthrough: removed 2 model-run sessions that had expired, 4000 bytes",
      expect.stringMatching(/^warn .* refused to remove 1 model-run sessions: work is in flight; /),
    ]);
    await schedule.stop();
  });

  test("warns of a failed run, says what to do, and continues", async () => {
    const prune = vi.fn<Prune>(() => Promise.reject(new Error("database is locked")));
    const { schedule, lines } = start(prune);
    await vi.advanceTimersByTimeAsync(2 * hourMs);
    expect(prune).toHaveBeenCalledTimes(2);
    expect(lines[0]).toMatch(/^warn .*database is locked; .*prune --dry-run/);
    await schedule.stop();
  });

  test("stops with the gateway: it aborts and awaits the current run, and starts no other", async () => {
    let end: () => void = () => undefined;
    const prune = vi.fn<Prune>(async (_request, signal) => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      expect(signal?.aborted).toBe(true);
      return nothing();
    });
    const { schedule } = start(prune);
    await vi.advanceTimersByTimeAsync(10 * minuteMs);
    let stopped = false;
    const stop = schedule.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toBe(false);
    end();
    await stop;
    await vi.advanceTimersByTimeAsync(5 * hourMs);
    expect(prune).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
