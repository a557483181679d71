import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHousekeeping } from "../../../src/control/housekeeping.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The housekeeping of a fake relay; the test sets its problems. */
function house() {
  let problems: string[] = [];
  const relay = {
    sweep: vi.fn<() => Promise<void>>(async () => undefined),
    open: vi.fn<() => Promise<void>>(async () => undefined),
    flushLedger: vi.fn<() => Promise<void>>(async () => undefined),
    refreshKeys: vi.fn<() => Promise<void>>(async () => undefined),
    keyProblems: () => problems.map((problem) => ({ problem })),
  };
  const warn = vi.fn<(line: string) => void>();
  return {
    relay,
    warn,
    housekeeping: createHousekeeping({ relay, logger: { warn } }),
    setProblems(next: string[]) {
      problems = next;
    },
  };
}

test("refreshes the key file twice a second between start and stop", async () => {
  const { relay, housekeeping } = house();
  await vi.advanceTimersByTimeAsync(5000);
  expect(relay.refreshKeys).not.toHaveBeenCalled();
  await housekeeping.start();
  await vi.advanceTimersByTimeAsync(1000);
  expect(relay.refreshKeys).toHaveBeenCalledTimes(2);
  housekeeping.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(relay.refreshKeys).toHaveBeenCalledTimes(2);
});

test("warns once while a key problem lasts, and again when it recurs", async () => {
  const { warn, housekeeping, setProblems } = house();
  setProblems(["torn"]);
  await housekeeping.start();
  await vi.advanceTimersByTimeAsync(3000);
  expect(warn.mock.calls).toEqual([["passthrough: torn"]]);
  setProblems(["torn", "two of them"]);
  await vi.advanceTimersByTimeAsync(1000);
  setProblems([]);
  await vi.advanceTimersByTimeAsync(1000);
  setProblems(["torn"]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(warn.mock.calls.map(([line]) => line)).toEqual([
    "passthrough: torn",
    "passthrough: two of them",
    "passthrough: torn",
  ]);
  housekeeping.stop();
});
