import { expect, test } from "vitest";
import { repeat } from "../../../src/console/repeat.ts";

test("comes at once and again after each pause, and ends within a pause", async () => {
  const interrupted = new AbortController();
  const rounds: number[] = [];
  for await (const round of repeat(1, interrupted.signal)) {
    rounds.push(round);
    if (round === 2) {
      setTimeout(() => interrupted.abort(), 5);
    }
  }
  expect(rounds.slice(0, 3)).toEqual([0, 1, 2]);
});

test("does not wait for the end of a long pause", async () => {
  const interrupted = new AbortController();
  for await (const _ of repeat(3_600_000, interrupted.signal)) {
    setTimeout(() => interrupted.abort(), 5);
  }
  expect(interrupted.signal.aborted).toBe(true);
});
