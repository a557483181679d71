import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapped } from "../../../src/console/layout.ts";
import { bytes, count, money, ms, p50And99, share } from "../../../src/control/units.ts";

test.each([
  [0, "0"],
  [99_999, "99999"],
  [100_000, "100k"],
  [123_456, "123k"],
  [1_234_567, "1.23M"],
  [12_345_678, "12.3M"],
  [9.99e17, "999P"],
  [1e21, "1e+21"],
  [Number.NaN, "-"],
])("counts %d as %s", (value, shown) => {
  expect(count(value)).toBe(shown);
});

test.each([
  [null, "-"],
  [0, "0 ms"],
  [3.24, "3.2 ms"],
  [22.4, "22 ms"],
  [999.9, "999 ms"],
  [1240, "1.24 s"],
  [61_000, "61.0 s"],
  [120_000, "2 min"],
  [3 * 3_600_000, "3 h"],
  [72 * 3_600_000, "3 d"],
])("a time of %s ms is %s", (value, shown) => {
  expect(ms(value)).toBe(shown);
});

test("shares, money, sizes and pairs of times", () => {
  expect([null, 0, 0.0004, 0.034, 0.5, 1].map(share)).toEqual([
    "-",
    "0%",
    "<0.1%",
    "3.4%",
    "50%",
    "100%",
  ]);
  expect([0, 0.00003, 1.5, 1234.5, 1_234_567].map(money)).toEqual([
    "$0",
    "$0.00003",
    "$1.5000",
    "$1234.50",
    "$1.23M",
  ]);
  expect([0, 1234, 12_345_678].map(bytes)).toEqual(["0 B", "1.23 kB", "12.3 MB"]);
  expect(p50And99({ p50: 22, p90: 30, p99: 1240 })).toBe("22ms/1.24s");
});

test("numbers are short, however large", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: 0 }), (value) => {
      expect(count(value).length).toBeLessThanOrEqual(6);
      expect(ms(value).length).toBeLessThanOrEqual(8);
      expect(money(value).length).toBeLessThanOrEqual(10);
    }),
  );
});

test("text is wrapped within its width, and no word is lost", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 10, max: 90 }), (text, width) => {
      const lines = wrapped(text, width, 4);
      expect(lines.filter((line) => line.length > width)).toEqual([]);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }),
  );
});
