import fc from "fast-check";
import { expect, test } from "vitest";
import { createGlob } from "../../../src/access/glob.ts";

test("a pattern matches what the regular expression of the same meaning does", () => {
  const text = (...characters: string[]) =>
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
  fc.assert(
    fc.property(text("a", "b", "*", "?", "."), text("a", "b", ".", "\n"), (pattern, name) => {
      const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
      expect(createGlob(pattern)(name)).toBe(new RegExp(`^${source}$`, "s").test(name));
    }),
    { numRuns: 5000 },
  );
});

test("a pattern of many stars takes no longer than its length says", () => {
  const matches = createGlob(`${"*a".repeat(200)}b`);
  expect(matches("a".repeat(512))).toBe(false);
});
