import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { table } from "../../../src/control/table.ts";

test("aligns the first column to the left and all others to the right", () => {
  expect(
    table([
      ["name", "in"],
      ["a", "1234"],
      ["longer", "5"],
    ]),
  ).toEqual(["name      in", "a       1234", "longer     5"]);
});

test("shrinks long names before it cuts numbers", () => {
  const lines = table(
    [
      ["key", "model", "requests"],
      ["a".repeat(50), "b".repeat(30), "12345678"],
    ],
    { width: 40, left: [0, 1] },
  );
  expect(lines).toEqual([
    `key             model           requests`,
    `${"a".repeat(13)}…  ${"b".repeat(13)}…  12345678`,
  ]);
});

test("does not count the escape codes of colours, and ends them where it cuts", () => {
  const [, line = ""] = table([["state"], [`\x1b[31m${"x".repeat(20)}\x1b[39m`]], { width: 8 });
  expect(line).toBe(`\x1b[31m${"x".repeat(7)}\x1b[39m…`);
});

describe("any table", () => {
  const cells = fc.string({ unit: "grapheme-ascii", maxLength: 60 });
  const rows = fc
    .integer({ min: 1, max: 10 })
    .chain((columns) =>
      fc.array(fc.array(cells, { minLength: columns, maxLength: columns }), { minLength: 1 }),
    );

  test("has a line for each row, and fits its width", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 40, max: 120 }), (any, width) => {
        const lines = table(any, { width });
        expect(lines).toHaveLength(any.length);
        expect(lines.filter((line) => line.length > width)).toEqual([]);
      }),
    );
  });
});

test("10,000 rows take a moment", { timeout: 20_000 }, () => {
  const rows = Array.from({ length: 10_000 }, (_, at) => [`name ${at}`, String(at), "ok", "12 ms"]);
  expect(table(rows, { width: 80 })).toHaveLength(10_000);
});
