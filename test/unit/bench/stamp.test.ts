import { expect, test } from "vitest";
import { createStampReader, stampOf, withoutStamps } from "../../../bench/stamp.ts";

const times = [14_000_123.456, 14_000_143.457, 14_000_163.4];
const text = times.map((timeMs) => `data: {"content":" ${stampOf(timeMs)}"}\n\n`).join("");

test("a time is a word of fixed length", () => {
  expect(stampOf(0)).toBe("0000000000.000");
  expect(stampOf(14_000_163.4)).toBe("0014000163.400");
});

test.each([1, 2, 5, 13, 14, 15, 60, 1000])(
  "reads each time once from pieces of %i bytes",
  (size) => {
    const reader = createStampReader();
    const read: number[] = [];
    for (let at = 0; at < text.length; at += size) {
      read.push(...reader.read(text.slice(at, at + size)));
    }
    expect(read).toEqual(times);
  },
);

test("two paced answers differ only in their times", () => {
  const other = times.map((timeMs) => `data: {"content":" ${stampOf(timeMs + 1e6)}"}\n\n`).join("");
  expect(other).not.toBe(text);
  expect(withoutStamps(other)).toBe(withoutStamps(text));
});
