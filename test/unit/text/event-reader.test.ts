/** The event reader: whole events and their data from a stream that is cut anywhere. */
import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createEventReader } from "../../../src/text/event-reader.ts";
import { eventsOf } from "../../support/sse.ts";

/** The bytes of each event of a text that arrives in these pieces, and the rest. */
function split(pieces: readonly (string | Buffer)[]): string[] {
  const reader = createEventReader();
  const events = pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
  return [...events.map(({ bytes }) => bytes), reader.rest()].map(String);
}

const dataOf = (...pieces: (string | Buffer)[]) => eventsOf(...pieces).map(({ data }) => data);

test("events end with a blank line, with any line ending", () => {
  expect(split(["a\n\nb\r\n\r\nc\r\rd\n\re"])).toEqual([
    "a\n\n",
    "b\r\n\r\n",
    "c\r\r",
    "d\n\r",
    "e",
  ]);
});

test("blank lines between events are not events", () => {
  expect(split(["\n\r\na\n\n\n\r\rb\n\n\n"])).toEqual(["\n\r\na\n\n", "\n\r\rb\n\n", "\n"]);
});

test("the result does not depend on where the bytes are cut", () => {
  const line = fc.array(fc.constantFrom("a", "data:é", "\u2028", "\n", "\r", "\r\n"), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(line, (parts) => {
      const text = Buffer.from(parts.join(""));
      const bytes = Array.from(text, (_, at) => text.subarray(at, at + 1));
      // A trailing carriage return waits for its line feed, in one piece or in many.
      expect(split(bytes)).toEqual(split([text]));
      expect(dataOf(...bytes)).toEqual(dataOf(text));
      expect(split(bytes).join("")).toBe(text.toString());
    }),
    { numRuns: 2000 },
  );
});

test("event data equals that of eventsource-parser", () => {
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom(
        "data: a",
        "data:é\u2028",
        "data",
        "data:",
        ":c",
        "id: 1",
        "",
        "x",
        "data:  b\u2029",
        "event: m",
        "event:",
      ),
      fc.constantFrom("\n", "\r\n", "\r"),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.constantFrom("", "\uFEFF"), lines, (mark, parts) => {
      const text = `${mark}${parts.flat().join("")}\n\n`;
      const heard: string[] = [];
      createParser({ onEvent: ({ data }) => heard.push(data) }).feed(text);
      expect(dataOf(text).filter((data) => data !== undefined)).toEqual(heard);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["U+2028 and U+2029 in the text", 'data: {"a":"\u2028\u2029"}\n\n', { a: "\u2028\u2029" }],
  ["several data lines", 'data: {"a":\ndata: 1}\n\n', { a: 1 }],
  ["a comment, an id and a name around it", ': x\nid: 1\ndata: {"a":1}\nevent: y\n\n', { a: 1 }],
  ["a leading byte-order mark", '\uFEFFdata: {"a":1}\n\n', { a: 1 }],
  ["lines that end with CR", 'data: {"a":1}\r\rx', { a: 1 }],
  ["no space after the colon", 'data:{"a":1}\r\n\r\n', { a: 1 }],
  ["a JSON value that is not an object", "data: [1]\n\n", undefined],
  ["invalid JSON", "data: {nope\n\n", undefined],
  ["no data", ": hi\n\n", undefined],
])("reads an event with %s", (_what, text, json) => {
  const [event] = eventsOf(text);
  expect(event?.json).toEqual(json);
});

test("a byte-order mark is skipped only at the start of the stream", () => {
  expect(dataOf("data: 1\n\n\uFEFFdata: 2\n\n")).toEqual(["1", undefined]);
});

test.each([
  ["", "event"],
  ["data: x\n\n", "event"],
  ["data: x\r\n\r\n", "event"],
  ["data: x\r\r", "event"],
  ["data: x\r\n", "line"],
  ["data: x\n", "line"],
  ["data: x\n\n\n", "event"],
  ["data: {", "middle"],
])("the bytes %j end at the boundary %s", (text, boundary) => {
  for (const pieces of [[text], Array.from(text)]) {
    const reader = createEventReader();
    for (const piece of pieces) {
      reader.push(Buffer.from(piece));
    }
    expect(reader.boundary()).toBe(boundary);
  }
});

test("an overlong event is forwarded in pieces without data, and hides no other event", () => {
  const reader = createEventReader();
  const data = Buffer.alloc(1024 * 1024, "x");
  const pieces = [Buffer.from("data: "), ...Array.from({ length: 9 }, () => data)];
  const events = pieces.flatMap(reader.push);
  expect(events.length).toBeGreaterThan(1);
  expect(events.every((event) => event.data === undefined)).toBe(true);
  expect(events.at(-1)?.boundary).toBe("middle");
  const end = '\ndata: {"a":1}\n\ndata: {"b":1}\n\n';
  const last = reader.push(Buffer.from(end));
  expect(last.map(({ json }) => json)).toEqual([undefined, { b: 1 }]);
  expect(last.map(({ boundary }) => boundary)).toEqual(["event", "event"]);
  const out = Buffer.concat([...events, ...last].map(({ bytes }) => bytes));
  expect(out.length).toBe("data: ".length + 9 * data.length + end.length);
});
