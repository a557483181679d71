import { expect, test } from "vitest";
import { diffSettings } from "../../../src/setup/line-diff.ts";

test("equal settings have no difference", () => {
  expect(diffSettings({ a: 1, b: [2] }, { a: 1, b: [2] })).toEqual([]);
});

test("changed, added and removed lines are marked, with two lines around them", () => {
  const before = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8 };
  const { h: _h, ...rest } = before;
  expect(diffSettings(before, { ...rest, a: 9 })).toEqual([
    "  {",
    '-   "a": 1,',
    '+   "a": 9,',
    '    "b": 2,',
    '    "c": 3,',
    "  …",
    '    "e": 5,',
    '    "f": 6,',
    '-   "g": 7,',
    '-   "h": 8',
    '+   "g": 7',
    "  }",
  ]);
});

test("digests of keys are not shown", () => {
  const keys = (count: number) => ({ bot: { requestsPerMinute: count, sha256: "0123abcd" } });
  expect(diffSettings(keys(1), keys(2)).join("\n")).not.toContain("0123abcd");
});
