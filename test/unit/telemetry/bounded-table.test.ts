import fc from "fast-check";
import { expect, test } from "vitest";
import { createBoundedTable } from "../../../src/telemetry/bounded-table.ts";

interface Count {
  readonly name: string;
  uses: number;
}

function tableOf(names: readonly string[], maxNames = 3) {
  const table = createBoundedTable<string, Count>({
    create: (name) => ({ name, uses: 0 }),
    fold: (into, from) => {
      into.uses += from.uses;
    },
    other: "other",
    maxNames,
  });
  for (const name of names) {
    table.use(name, name).uses += 1;
  }
  return table;
}

const usesOf = (table: ReturnType<typeof tableOf>) =>
  Object.fromEntries(table.values().map(({ name, uses }) => [name, uses]));

test("the sum of all names is exact, and there are never more than the bound and one", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g")), (names) => {
      const values = tableOf(names).values();
      expect(values.reduce((sum, { uses }) => sum + uses, 0)).toBe(names.length);
      expect(values.length).toBeLessThanOrEqual(4);
      expect(new Set(values.map(({ name }) => name)).size).toBe(values.length);
    }),
  );
});

test("what is counted as other never shrinks", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g")), (names) => {
      let before = 0;
      for (let length = 0; length <= names.length; length += 1) {
        const other = usesOf(tableOf(names.slice(0, length)))["other"] ?? 0;
        expect(other).toBeGreaterThanOrEqual(before);
        before = other;
      }
    }),
  );
});

test("a name that is used more often than the least used one takes its place", () => {
  const table = tableOf(["a", "a", "a", "b", "c", "c", "late", "late"]);
  expect(usesOf(table)).toEqual({ a: 3, c: 2, late: 1, other: 2 });
  expect(table.folded).toBe(1);
});

test("a million made-up names take the place of none that is used, and no memory", () => {
  const used = Array.from({ length: 200 }, (_, at) => `used-${at}`);
  const table = tableOf([...used, ...used], 200);
  const startedAtMs = performance.now();
  for (let at = 0; at < 1_000_000; at += 1) {
    table.use(`made-up-${at}`, "x").uses += 1;
  }
  expect(performance.now() - startedAtMs).toBeLessThan(5000);
  expect(table.values().map(({ name }) => name)).toEqual([...used, "other"]);
  expect(usesOf(table)["other"]).toBe(1_000_000);
});
