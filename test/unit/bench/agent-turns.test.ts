import { expect, test } from "vitest";
import { keepTurnsUnderWay } from "../../../bench/agent-turns.ts";

test("so many turns are under way at any time, until they are stopped", async () => {
  const ends: (() => void)[] = [];
  const stop = keepTurnsUnderWay(2, () => new Promise<void>((resolve) => ends.push(resolve)));
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(ends).toHaveLength(3);
  const stopped = stop();
  for (const end of ends) {
    end();
  }
  const { duration, ...counts } = await stopped;
  expect(counts).toEqual({ turns: 3, failures: 0 });
  expect(duration.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
});

test("none are under way where none are wanted", async () => {
  const stop = keepTurnsUnderWay(0, () => Promise.reject(new Error("was run")));
  expect(await stop()).toEqual({ turns: 0, failures: 0, duration: [] });
});

test("a turn that fails is counted, and followed by another", async () => {
  let runs = 0;
  const stop = keepTurnsUnderWay(1, async () => {
    runs += 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (runs === 1) {
      throw new Error("no provider");
    }
  });
  await expect.poll(() => runs).toBeGreaterThan(1);
  expect(await stop()).toMatchObject({ failures: 1, turns: runs - 1 });
});
