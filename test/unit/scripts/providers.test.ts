import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { page, parameterTable } from "../../../scripts/providers.ts";
import { marked } from "../../../scripts/marked.ts";

/** The rows of a table, however its columns are aligned. */
const rows = (table: string) =>
  table
    .trim()
    .split("\n")
    .filter((line) => !/^\|[ |-]+$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

test("docs/providers.md has the table that the protocols' encoders give", () => {
  const { inside } = marked(readFileSync(page, "utf8"), "parameters");
  expect(rows(inside)).toEqual(rows(parameterTable()));
});
