import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStreamObserver } from "../../../../src/protocols/openai-chat/stream-observer.ts";
import { eventsOf } from "../../../support/sse.ts";

const choice = (more: object) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, ...more }] })}\n\n`;
const observe = (...pieces: (string | Buffer)[]) => {
  const observer = createStreamObserver();
  eventsOf(...pieces).forEach((event) => observer.push(event));
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
    ["an incomplete event", choice({ delta: { content: "x" } }).slice(0, -2)],
  ])("does not count %s as output", (_what, text) => {
    expect(observe(text)).toMatchObject({ outputs: 0, complete: false, error: undefined });
  });

  test.each([
    ["content", { delta: { content: "x" } }],
    ["reasoning", { delta: { reasoning_content: "x" } }],
    ["reasoning by another name", { delta: { reasoning: "x" } }],
    ["a refusal", { delta: { refusal: "no" } }],
    ["a tool call", { delta: { tool_calls: [{ index: 0, function: { arguments: "" } }] } }],
    ["text", { text: "x" }],
    ["a finish", { delta: {}, finish_reason: "stop" }],
  ])("counts %s as output", (_what, more) => {
    expect(observe(choice(more)).outputs).toBe(1);
  });

  test("reports completion when all choices have finished, or at [DONE]", () => {
    const at = (index: number, more: object) =>
      `data: ${JSON.stringify({ choices: [{ index, delta: {}, ...more }] })}\n\n`;
    expect(observe("data: [DONE]\n\n").complete).toBe(true);
    expect(observe(at(0, { finish_reason: "stop" })).complete).toBe(true);
    expect(observe(at(0, {}), at(1, {}), at(0, { finish_reason: "stop" })).complete).toBe(false);
    const two = observe(at(0, { finish_reason: "stop" }), at(1, {}));
    expect(two.complete).toBe(false);
    eventsOf(at(1, { finish_reason: "length" })).forEach((event) => two.push(event));
    expect(two.complete).toBe(true);
  });

  test("keeps the bytes of an error event unchanged", () => {
    const error = '{"error":{"message":"überlastet €","code":503}}';
    const observer = observe(`data: ${error}\n\n`);
    expect(observer.error?.toString("utf8")).toBe(error);
  });

  test("gives the same result however the bytes are cut", () => {
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
        expect([cut.outputs, cut.complete]).toEqual([whole.outputs, whole.complete]);
      }),
    );
  });

  test("survives a very long line", () => {
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    const lines = Array.from({ length: 10 }, () => megabyte);
    expect(observe(...lines, `\n\n${choice({ delta: { content: "x" } })}`).outputs).toBe(1);
  });
});
