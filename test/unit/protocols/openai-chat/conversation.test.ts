import { describe, expect, test } from "vitest";
import { readConversation } from "../../../../src/protocols/openai-chat/agent-turn/conversation.ts";

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown, more: object = {}) => ({
  role: "assistant",
  content,
  ...more,
});

describe("a conversation for an agent", () => {
  test("separates the last question from the history, and labels the history with roles", () => {
    expect(
      readConversation([user("My name is Ada."), assistant("Hi."), user("Who am I?")]),
    ).toEqual({
      history: ["User: My name is Ada.", "Assistant: Hi."],
      current: "User: Who am I?",
      instructions: undefined,
      imageUrls: [],
    });
    expect(readConversation([user("hi")])).toMatchObject({ history: [], current: "hi" });
  });

  test("omits a failed turn of the agent", () => {
    const failed = assistant("[assistant turn failed before producing content]", {
      stopReason: "error",
    });
    expect(readConversation([user("a"), failed, user("b")]).history).toEqual(["User: a"]);
    expect(readConversation([failed]).current).toBe("");
  });

  test("names the tool of a result by its call id or its name", () => {
    const called = (content: unknown, more: object) =>
      readConversation([{ content, ...more }]).current;
    expect(called("4", { role: "tool", tool_call_id: "c1" })).toBe("Tool:c1: 4");
    expect(called(null, { role: "function", name: "f" })).toBe("Tool:f: ");
    expect(called([], { role: "tool", tool_call_id: "c1" })).toBe("Tool:c1: ");
    expect(called(null, { role: "tool", tool_call_id: "c1" })).toBe("");
    expect(called("4", { role: "tool" })).toBe("Tool: 4");
  });

  test("skips values that are not messages", () => {
    const messages = [
      null,
      7,
      {},
      { role: "narrator", content: "x" },
      user("hi"),
      { role: "user" },
    ];
    expect(readConversation(messages)).toMatchObject({ history: [], current: "hi" });
    expect(readConversation("hi")).toMatchObject({ history: [], current: "" });
  });

  test("has only the images of the last question", () => {
    const image = (url: unknown) => ({ type: "image_url", image_url: url });
    expect(
      readConversation([
        user([image("data:a")]),
        user([image({ url: " data:b " }), image("data:c")]),
      ]).imageUrls,
    ).toEqual(["data:b", "data:c"]);
    expect(
      readConversation([user([image("data:a")]), { role: "tool", tool_call_id: "c", content: "x" }])
        .imageUrls,
    ).toEqual([]);
  });
});
