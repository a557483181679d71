import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProblemWatch } from "../../../src/doctor/problem-watch.ts";
import { createRelayLog } from "../../../src/telemetry/log.ts";
import type { Problem } from "../../../src/control/problems.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const problem = (path: string): Problem => ({
  severity: "warning",
  path,
  message: "It is wrong.",
  fix: "Make it right.",
});

function watch(find: () => Promise<readonly Problem[]>) {
  const log: string[] = [];
  const logger = { warn: (line: string) => log.push(line) };
  const state = { snapshot: {} as object | undefined, looked: 0 };
  const watching = createProblemWatch({
    find: () => {
      state.looked += 1;
      return find();
    },
    snapshot() {
      if (state.snapshot === undefined) {
        throw new Error("the config does not fit its schema");
      }
      return state.snapshot;
    },
    logger,
    publish: createRelayLog({ ...logger, debug: undefined, info: logger.warn }, () => ({
      requests: false,
      format: "text",
      maxPerSecond: 1,
    })).subscriber,
  });
  return { log, state, watching };
}

test("logs each problem once after the start, and again when it recurs", async () => {
  let problems = [problem("a"), problem("b")];
  const { log, state, watching } = watch(async () => problems);
  watching.start();
  expect(state.looked).toBe(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(state.looked).toBe(1);
  expect(log).toEqual([
    "passthrough: a: It is wrong. Make it right.",
    "passthrough: b: It is wrong. Make it right.",
  ]);
  const reload = async (next: typeof problems) => {
    log.length = 0;
    problems = next;
    state.snapshot = {};
    await vi.advanceTimersByTimeAsync(1000);
    return log.map((line) => line.split(":")[1]);
  };
  expect(await reload([problem("a"), problem("b")])).toEqual([]);
  expect(await reload([problem("a"), problem("c")])).toEqual([" c"]);
  expect(await reload([])).toEqual([]);
  state.snapshot = undefined;
  await vi.advanceTimersByTimeAsync(2000);
  expect(await reload([problem("a")])).toEqual([" a"]);
  watching.stop();
  state.snapshot = {};
  await vi.advanceTimersByTimeAsync(5000);
  expect(state.looked).toBe(6 - 1);
});

test("concurrent checks share one run; a failed check is logged and reports no problem", async () => {
  const { log, state, watching } = watch(async () => {
    throw new Error("the catalog is gone");
  });
  expect(await Promise.all([watching.check(), watching.check()])).toEqual([[], []]);
  expect(state.looked).toBe(1);
  expect(log).toEqual(["passthrough: could not check the configuration (the catalog is gone)"]);
});

test("waits at most two seconds for a slow check and then returns the last problems", async () => {
  let problems = Promise.resolve([problem("a")]);
  const { watching } = watch(() => problems);
  expect(await watching.current()).toEqual([problem("a")]);
  const slow = Promise.withResolvers<Problem[]>();
  problems = slow.promise;
  const asked = watching.current();
  await vi.advanceTimersByTimeAsync(2000);
  expect(await asked).toEqual([problem("a")]);
  slow.resolve([problem("b")]);
  expect(await watching.check()).toEqual([problem("b")]);
});
