/** The message reader: JSON messages of a stream that is cut anywhere. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMessageReader } from "../../../src/text/message-reader.ts";

type Framing = "events" | "lines";

/** The messages of a stream that arrives in these pieces. */
function read(framing: Framing, pieces: readonly (string | Buffer)[]): object[] {
  const reader = createMessageReader(framing);
  return [...pieces.flatMap((piece) => reader.push(Buffer.from(piece))), ...reader.end()];
}

const bytesOf = (text: string) => {
  const bytes = Buffer.from(text);
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
};

const beginning = (message: object) => JSON.stringify(message).slice(0, 10);

/** Longer than a line may be. */
const tooLong = `{"a":"${"x".repeat(4 * 1024 * 1024)}"}`;

describe("lines of JSON", () => {
  test("are messages, however their bytes are cut", () => {
    const text = '{"a":"é\u2028"}\n{"b":[1,{"c":"\\n"}]}\n';
    const messages = [{ a: "é\u2028" }, { b: [1, { c: "\n" }] }];
    expect(read("lines", [text])).toEqual(messages);
    expect(read("lines", bytesOf(text))).toEqual(messages);
    for (let at = 0; at <= Buffer.byteLength(text); at += 1) {
      const bytes = Buffer.from(text);
      expect(read("lines", [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(messages);
    }
  });

  test("may end with CRLF, and the last one with nothing", () => {
    expect(read("lines", ['{"a":1}\r\n\r\n{"a":2}\r\n', '{"a":3}'])).toEqual([
      { a: 1 },
      { a: 2 },
      { a: 3 },
    ]);
    expect(read("lines", bytesOf('{"a":1}\r\n{"a":2}'))).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test.each(["", " ", "nope", '"text"', "[1]", "null", '{"a":', "{}}", ": ping"])(
    "that are no JSON object are left out: %j",
    (line) => {
      expect(read("lines", [`{"a":1}\n${line}\n{"a":2}\n`])).toEqual([{ a: 1 }, { a: 2 }]);
    },
  );

  test("that are too long are left out alone, however they are cut", () => {
    const text = Buffer.from(`{"a":1}\n${tooLong}\n{"a":2}\n`);
    const halves = [text.subarray(0, 100), text.subarray(100)];
    const tail = [text.subarray(0, -20), text.subarray(-20, -15), text.subarray(-15)];
    for (const pieces of [[text], halves, tail]) {
      expect(read("lines", pieces).map(beginning)).toEqual(['{"a":1}', '{"a":2}']);
    }
    expect(read("lines", [tooLong]).map(beginning)).toEqual([]);
  });

  test("are the same for every cut", () => {
    const line = fc.constantFrom('{"a":1}', '{"b":"é"}', "x", "", " ", '{"c":{}}');
    const end = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 8 }), line, (lines, last) => {
        const text = `${lines.flat().join("")}${last}`;
        expect(read("lines", bytesOf(text))).toEqual(read("lines", [text]));
      }),
    );
  });
});

describe("server-sent events", () => {
  test("are messages, however their bytes are cut", () => {
    const text =
      ': hi\n\nevent: x\ndata: {"a":"é"}\n\ndata: nope\n\ndata: [DONE]\r\n\r\ndata: {}\n\n';
    expect(read("events", [text])).toEqual([{ a: "é" }, {}]);
    expect(read("events", bytesOf(text))).toEqual([{ a: "é" }, {}]);
  });

  test("without their blank line are incomplete", () => {
    expect(read("events", ['data: {"a":1}\n\ndata: {"a":2}\n'])).toEqual([{ a: 1 }]);
  });
});
