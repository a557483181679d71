import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createToolCallOrder } from "../../../../src/protocols/openai-chat/contiguous-tool-calls.ts";
import { changed } from "../../../support/sse.ts";

const event = (value: unknown) =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const delta = (...calls: [index: number, text: string][]) =>
  event({
    choices: [
      {
        index: 0,
        delta: {
          tool_calls: calls.map(([index, text]) => ({ index, function: { arguments: text } })),
        },
      },
    ],
  });
const finish = event({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] });
const done = event("[DONE]");

const ordered = (...pieces: (string | Buffer)[]) => changed(createToolCallOrder(), pieces).all;

describe("the deltas of tool calls", () => {
  test("are grouped by call, each in its order", () => {
    const [a1, b1, a2, b2, c1] = [
      delta([0, "a1"]),
      delta([1, "b1"]),
      delta([0, "a2"]),
      delta([1, "b2"]),
      delta([2, "c1"]),
    ];
    expect(ordered(a1, b1, c1, a2, b2, finish, done)).toBe(
      [a1, a2, b1, b2, c1, finish, done].join(""),
    );
  });

  test("of the first call are forwarded immediately", () => {
    const pieces = [delta([0, "a"]), delta([1, "b"])];
    expect(changed(createToolCallOrder(), pieces).each).toEqual([delta([0, "a"]), ""]);
  });

  test("that share an event are split", () => {
    expect(ordered(delta([0, "a1"], [1, "b1"]), delta([0, "a2"], [1, "b2"]), finish)).toBe(
      [delta([0, "a1"]), delta([0, "a2"]), delta([1, "b1"]), delta([1, "b2"]), finish].join(""),
    );
  });

  test("are all sent if the stream ends without a finish_reason", () => {
    expect(ordered(delta([0, "a"]), delta([1, "b"]))).toBe(delta([0, "a"]) + delta([1, "b"]));
    expect(ordered(delta([0, "a"]), delta([1, "b"]), done)).toBe(
      delta([0, "a"]) + delta([1, "b"]) + done,
    );
  });

  test("leave everything else byte for byte unchanged, however it is cut", () => {
    const text = Buffer.from(
      [
        ": hi\r\n\r\n",
        'data:{"choices":[{"index":0,"delta":{"content":"€😀"}}],"x":1.0}\n\n',
        "data: {nope\n\n",
        delta([0, "ü"]),
        "event: x\ndata: y\n\n",
        finish,
        event({ choices: [], usage: {} }),
        done,
        "tail without an end",
      ].join(""),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.subarray(at[index], end));
        expect(ordered(...pieces)).toBe(text.toString());
      }),
    );
  });

  test("are contiguous for any interleaving, with nothing lost", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(99)), { maxLength: 20 }), (deltas) => {
        const out = ordered(...deltas.map(([index, n]) => delta([index, String(n)])), finish);
        const seen = [...out.matchAll(/"index":(\d),"function":\{"arguments":"(\d+)"/g)].map(
          ([, index, n]) => [Number(index), Number(n)],
        );
        const first = [...new Set(deltas.map(([index]) => index))];
        expect(seen).toEqual(first.flatMap((index) => deltas.filter((each) => each[0] === index)));
      }),
    );
  });
});
