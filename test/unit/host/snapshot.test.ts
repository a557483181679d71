import { expect, test } from "vitest";
import { perSnapshot, readSeldom } from "../../../src/host/snapshot.ts";

test("a value is derived once for each snapshot", () => {
  let snapshot = { n: 1 };
  let derived = 0;
  const value = perSnapshot(
    () => snapshot,
    ({ n }) => {
      derived += 1;
      return n * 10;
    },
  );
  expect([value(), value(), derived]).toEqual([10, 10, 1]);
  snapshot = { n: 2 };
  expect([value(), value(), derived]).toEqual([20, 20, 2]);
});

test("the config is read again when it may have changed", () => {
  let nowMs = 0;
  let reads = 0;
  const current = readSeldom(
    () => {
      reads += 1;
      return reads;
    },
    () => nowMs,
  );
  expect([current(), current()]).toEqual([1, 1]);
  nowMs = 19;
  expect(current()).toBe(1);
  nowMs = 20;
  expect(current()).toBe(2);
});
