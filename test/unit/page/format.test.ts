import { expect, test } from "vitest";
import { ago, perSecond, until, visible } from "../../../src/page/format.ts";

test("rates are short", () => {
  expect([0, 0.44, 12.4, 1234, 1_234_567].map(perSecond)).toEqual([
    "0/s",
    "0.4/s",
    "12/s",
    "1234/s",
    "1.23M/s",
  ]);
});

test("a clock that was set back gives no negative time", () => {
  const [early, late] = ["2026-11-22T08:00:00Z", "2026-11-22T08:00:12Z"];
  expect([ago(early, late), ago(late, early), ago("", late)]).toEqual([
    "12.0 s ago",
    "just now",
    "just now",
  ]);
  expect([until(late, early), until(early, late)]).toEqual(["in 12.0 s", "now"]);
});

test("what is invisible in a name is shown as a sign", () => {
  expect(visible("a\u001B[31mred\u202E\u0000\u2028z")).toBe("a\uFFFD[31mred\uFFFD\uFFFD\uFFFDz");
});
