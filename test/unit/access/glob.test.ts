import fc from "fast-check";
import { expect, test } from "vitest";
import { createGlob } from "../../../src/access/glob.ts";

test("a pattern matches like the equivalent regular expression", () => {
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
