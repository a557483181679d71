import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStreamObserver } from "../../../src/sse/stream-observer.ts";

const choice = (more: object) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, ...more }] })}\n\n`;
const observe = (...pieces: (string | Buffer)[]) => {
  const observer = createStreamObserver();
  for (const piece of pieces) {
    observer.push(Buffer.from(piece as string));
  }
  return observer;
};

describe("the observer", () => {
  test.each([
    ["a role", choice({ delta: { role: "assistant", content: "" } })],
    ["an empty delta", choice({ delta: {} })],
    ["empty tool calls", choice({ delta: { tool_calls: [], content: null } })],
    ["a comment", ": OPENROUTER PROCESSING\n\n"],
    ["a usage chunk", 'data: {"choices":[],"usage":{}}\n\n'],
    ["a malformed chunk", "data: {nope\n\n"],
    ["half an event", choice({ delta: { content: "x" } }).slice(0, -2)],
  ])("takes %s for no output", (_what, text) => {
    expect(observe(text)).toMatchObject({ outputs: 0, complete: false, error: undefined });
  });

  test.each([
    ["content", { delta: { content: "x" } }],
    ["reasoning", { delta: { reasoning_content: "x" } }],
    ["reasoning of another spelling", { delta: { reasoning: "x" } }],
    ["a refusal", { delta: { refusal: "no" } }],
    ["a tool call", { delta: { tool_calls: [{ index: 0, function: { arguments: "" } }] } }],
    ["text", { text: "x" }],
    ["a finish", { delta: {}, finish_reason: "stop" }],
  ])("takes %s for output", (_what, more) => {
    expect(observe(choice(more)).outputs).toBe(1);
  });

  test("finds a stream complete when all its choices have finished, or at [DONE]", () => {
    const at = (index: number, more: object) =>
      `data: ${JSON.stringify({ choices: [{ index, delta: {}, ...more }] })}\n\n`;
    expect(observe("data: [DONE]\n\n").complete).toBe(true);
    expect(observe(at(0, { finish_reason: "stop" })).complete).toBe(true);
    expect(observe(at(0, {}), at(1, {}), at(0, { finish_reason: "stop" })).complete).toBe(false);
    const two = observe(at(0, { finish_reason: "stop" }), at(1, {}));
    expect(two.complete).toBe(false);
    two.push(Buffer.from(at(1, { finish_reason: "length" })));
    expect(two.complete).toBe(true);
  });

  test("keeps an error event's bytes as they are", () => {
    const error = '{"error":{"message":"überlastet €","code":503}}';
    const observer = observe(`data: ${error}\n\n`);
    expect(observer.error?.toString("utf8")).toBe(error);
  });

  test("knows where in an event the bytes end", () => {
    expect(observe("").boundary).toBe("event");
    expect(observe("data: x\n\n").boundary).toBe("event");
    expect(observe("data: x\r\n\r\n").boundary).toBe("event");
    expect(observe("data: x\r\n").boundary).toBe("line");
    expect(observe("data: x\n").boundary).toBe("line");
    expect(observe("data: {").boundary).toBe("middle");
  });

  test("sees the same however the bytes are cut", () => {
    const text = Buffer.from(
      [
        ": ü\r\n\r\n",
        choice({ delta: { role: "assistant" } }),
        'data:{"choices":[{"index":0,"delta":{"content":"€😀"}}]}\r\n\r\n',
        choice({ delta: { reasoning_content: "ü" } }),
        choice({ delta: {}, finish_reason: "stop" }),
        "data: [DONE]\n\n",
      ].join(""),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 40 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.subarray(at[index], end));
        const whole = observe(text);
        const cut = observe(...pieces);
        expect([cut.outputs, cut.complete, cut.boundary]).toEqual([
          whole.outputs,
          whole.complete,
          whole.boundary,
        ]);
      }),
    );
  });

  test("survives a line without an end", () => {
    const observer = createStreamObserver();
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    for (let at = 0; at < 10; at += 1) {
      observer.push(megabyte);
    }
    observer.push(Buffer.from(`\n\n${choice({ delta: { content: "x" } })}`));
    expect(observer.outputs).toBe(1);
  });
});
