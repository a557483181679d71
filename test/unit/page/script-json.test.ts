import fc from "fast-check";
import { expect, test } from "vitest";
import { scriptSafe } from "../../../src/page/script-json.ts";

test("no text can end the script element or begin a comment in it, and every text arrives unchanged", () => {
  const hostile = fc.constantFrom(
    "</script>",
    "<!--",
    "-->",
    "<script",
    "]]>",
    "\u2028",
    "\u2029",
    "&lt;",
    "\u001B[2J",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(hostile, fc.string({ unit: "binary" }))), (texts) => {
      const json = scriptSafe(JSON.stringify(texts));
      expect(json).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(json)).toEqual(texts);
    }),
  );
});
