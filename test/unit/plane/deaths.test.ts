import { expect, test } from "vitest";
import { createDeaths } from "../../../src/plane/deaths.ts";

test("the third death within a minute is the last, and names why", () => {
  let nowMs = 0;
  const deaths = createDeaths(() => nowMs);
  expect(deaths.add("it hung for 5 s")).toBe(true);
  nowMs = 30_000;
  expect(deaths.add("it hung for 5 s")).toBe(true);
  expect(deaths.problem()).toBeUndefined();
  nowMs = 59_999;
  expect(deaths.add("it ran out of memory")).toBe(false);
  expect(deaths.problem()).toContain("because it ran out of memory");
  expect(deaths.count()).toBe(3);
});

test("older deaths are counted, but do not stop it", () => {
  let nowMs = 0;
  const deaths = createDeaths(() => nowMs);
  for (let death = 1; death <= 10; death += 1) {
    expect(deaths.add("it exited with 1")).toBe(true);
    nowMs += 30_000;
  }
  expect(deaths.problem()).toBeUndefined();
  expect(deaths.count()).toBe(10);
});
