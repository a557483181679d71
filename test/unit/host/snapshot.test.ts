import { expect, test } from "vitest";
import { perSnapshot } from "../../../src/host/snapshot.ts";

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
