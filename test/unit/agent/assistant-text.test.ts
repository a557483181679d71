import { describe, expect, test } from "vitest";
import { createAssistantText, type TextPiece } from "../../../src/agent/assistant-text.ts";

const piece = (more: Partial<TextPiece>): TextPiece => ({
  replace: false,
  replaceable: false,
  ...more,
});
/** What a stream sends for each of these pieces, and at the end. */
const sent = (pieces: readonly Partial<TextPiece>[], result?: string, isHeld = false) => {
  const text = createAssistantText(isHeld);
  return [...pieces.map((more) => text.push(piece(more))), text.finish(result, "(none)")];
};

describe("the streamed text of an answer", () => {
  test("is what each piece adds, whether the piece holds a delta or the whole text", () => {
    expect(sent([{ delta: "Hel" }, { delta: "lo" }])).toEqual(["Hel", "lo", ""]);
    expect(sent([{ text: "Hel" }, { text: "Hello" }])).toEqual(["Hel", "lo", ""]);
    expect(
      sent([
        { text: "Hel", delta: "Hel" },
        { text: "Hello", delta: "lo" },
      ]),
    ).toEqual(["Hel", "lo", ""]);
  });

  test("appends a text that does not start with the previous one", () => {
    expect(sent([{ text: "One." }, { text: "Two." }])).toEqual(["One.", "Two.", ""]);
  });

  test("separates messages by a blank line", () => {
    const items = [
      { itemId: "a", delta: "One." },
      { itemId: "b", delta: "T" },
      { itemId: "b", delta: "wo." },
      { itemId: "c", text: "\nThree." },
    ];
    expect(sent(items)).toEqual(["One.", "\n\nT", "wo.", "\n\nThree.", ""]);
  });

  test("cannot retract text that was sent", () => {
    expect(sent([{ delta: "Hello" }, { text: "Goodbye", replace: true }])).toEqual([
      "Hello",
      undefined,
      undefined,
    ]);
    expect(sent([{ delta: "Hello" }, { text: "Hello!", replace: true }])).toEqual([
      "Hello",
      "!",
      "",
    ]);
  });

  test("is held back until the end while it may be replaced", () => {
    const pending = [{ text: "Draft", replaceable: true }, { text: "Draft two" }];
    expect(sent(pending, "Final")).toEqual(["", "", "Final"]);
    expect(sent(pending)).toEqual(["", "", "Draft two"]);
    expect(sent([{ text: "", replaceable: true }])).toEqual(["", "(none)"]);
  });

  test("is held back until the end if a tool call may have to precede it", () => {
    expect(sent([{ delta: "Let me see." }], "Let me see.", true)).toEqual(["", "Let me see."]);
    expect(sent([{ delta: "Let me see." }], undefined, true)).toEqual(["", "Let me see."]);
  });

  test("is the run's final text if nothing was streamed, or the placeholder for none", () => {
    expect(sent([], "Done.")).toEqual(["Done."]);
    expect(sent([])).toEqual(["(none)"]);
    expect(sent([], "")).toEqual(["(none)"]);
  });
});
