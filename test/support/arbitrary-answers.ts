/** Whatever a gateway could answer: any numbers, and names that were made to break a terminal. */
import { Kind, type TSchema } from "@sinclair/typebox";
import fc from "fast-check";

/** Escape codes, control characters, line feeds, wide and combining characters, long words. */
const nastyText = fc.oneof(
  fc.constantFrom(
    "",
    "m1",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "two\r\nlines",
    "\x1b[2J\x1b[H",
    "名前".repeat(30),
    "\u202eright to left",
    "e\u0301".repeat(50),
    "<script>alert(1)</script>",
    "a".repeat(3000),
    "many words ".repeat(60),
    "2026-11-22T03:41:22.123Z",
  ),
  fc.string({ unit: "binary" }),
);

/** What JSON can say. */
const anyNumber = fc.oneof(
  fc.nat(1000),
  fc.constantFrom(0, 1e15, 1e21, 1e300, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, 5e-324, -1),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** @param schema of JSON, made of objects, records, arrays, unions, literals and scalars. */
export function arbitraryOf(schema: TSchema): fc.Arbitrary<unknown> {
  switch (schema[Kind]) {
    case "Object": {
      const properties = schema["properties"] as Record<string, TSchema>;
      return fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([name, member]) => [name, arbitraryOf(member)]),
        ),
      );
    }
    case "Array":
      return fc.array(arbitraryOf(schema["items"] as TSchema), { maxLength: 20 });
    case "Union":
      return fc.oneof(...(schema["anyOf"] as TSchema[]).map(arbitraryOf));
    case "Literal":
      return fc.constant(schema["const"]);
    case "Null":
      return fc.constant(null);
    case "Boolean":
      return fc.boolean();
    default:
      return schema["type"] === "object"
        ? fc.dictionary(nastyText, anyNumber, { maxKeys: 5 })
        : schema["type"] === "number"
          ? anyNumber
          : nastyText;
  }
}
