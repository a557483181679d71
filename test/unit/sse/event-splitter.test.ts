/** Whole events of a stream of server-sent events, cut anywhere. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventSplitter } from "../../../src/sse/event-splitter.ts";

/** The events of a text that comes in these pieces, and what is left. */
function split(pieces: readonly string[]): string[] {
  const splitter = createEventSplitter();
  const events = pieces.flatMap((piece) => splitter.push(Buffer.from(piece)));
  return [...events, splitter.rest()].map(String);
}

test("events end with a blank line, whatever ends a line", () => {
  expect(split(["a\n\nb\r\n\r\nc\r\rd\n\re"])).toEqual([
    "a\n\n",
    "b\r\n\r\n",
    "c\r\r",
    "d\n\r",
    "e",
  ]);
});

test("it makes no difference where the bytes are cut", () => {
  const line = fc.array(fc.constantFrom("a", "\n", "\r", "\r\n"), { maxLength: 12 });
  fc.assert(
    fc.property(line, (parts) => {
      const text = parts.join("");
      // A last carriage return waits for its line feed, in one piece as in many.
      expect(split([...text])).toEqual(split([text]));
    }),
    { numRuns: 2000 },
  );
});
