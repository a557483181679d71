import { describe, expect, test } from "vitest";
import {
  createStreamRecorder,
  messageOf,
} from "../../../../src/protocols/openai-chat/answer-recorder.ts";
import { saying } from "../../../support/sse.ts";

const builtIns = Object.keys(Object.getOwnPropertyDescriptors(Array.prototype));

describe("the recorder", () => {
  const record = (...deltas: object[]) => {
    const recorder = createStreamRecorder();
    const chunks = deltas.map((delta) => ({ choices: [{ index: 0, delta }] }));
    recorder.push(Buffer.alloc(0), saying(chunks));
    const kept = recorder.message();
    return kept === undefined ? undefined : JSON.parse(kept.json);
  };

  test("joins the text of a stream", () => {
    expect(record({ role: "assistant" }, { content: "Grüß " }, { content: "€😀" }, {})).toEqual({
      role: "assistant",
      content: "Grüß €😀",
    });
    expect(record({ role: "assistant" })).toBeUndefined();
  });

  test("joins tool calls", () => {
    const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
    const kept = record(
      call(0, { id: "c0", type: "function", function: { name: "add", arguments: "" } }),
      call(1, { id: "c1", type: "function", function: { name: "sub", arguments: "{" } }),
      call(0, { function: { arguments: "{}" } }),
      call(1, { function: { arguments: "}" } }),
    );
    expect(kept).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "c0", type: "function", function: { name: "add", arguments: "{}" } },
        { id: "c1", type: "function", function: { name: "sub", arguments: "{}" } },
      ],
    });
  });

  test("reads a JSON answer and ignores an invalid message", () => {
    expect(
      messageOf('{"choices":[{"message":{"role":"assistant","content":"hi","x":1}}]}'),
    ).toEqual({ role: "assistant", json: '{"role":"assistant","content":"hi"}' });
    for (const odd of ["null", '"hi"', "[]", '{"content":{}}']) {
      expect(messageOf(`{"choices":[{"message":${odd}}]}`)).toBeUndefined();
    }
  });

  test.each<[string, unknown]>([
    ["beyond the maximum", 4294967294],
    ["that is the name of a prototype", "__proto__"],
    ["that is not an integer", 1.5],
    ["that is negative", -1],
  ])("ignores a tool call with an index %s", (_which, index) => {
    const call = (id: string, at: unknown) => ({
      tool_calls: [{ index: at, id, function: { name: "add", arguments: "{}" } }],
    });
    expect(record(call("c0", 0), call("x", index))).toMatchObject({ tool_calls: [{ id: "c0" }] });
    expect(Object.keys(Object.getOwnPropertyDescriptors(Array.prototype))).toEqual(builtIns);
  });

  test("ignores values that are not strings", () => {
    const odd = { toString: 1 };
    const call = { index: 0, id: odd, function: { name: odd, arguments: [odd] } };
    expect(record({ content: odd, tool_calls: [call, null, "x"] })).toMatchObject({
      content: null,
    });
  });
});
