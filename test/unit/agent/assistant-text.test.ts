import { describe, expect, test } from "vitest";
import { createAssistantText, type TextPiece } from "../../../src/agent/assistant-text.ts";

const piece = (more: Partial<TextPiece>): TextPiece => ({
  replace: false,
  replaceable: false,
  ...more,
});
/** What a stream sends for these pieces, one entry each, and at the end. */
const sent = (pieces: readonly Partial<TextPiece>[], result?: string, isHeld = false) => {
  const text = createAssistantText(isHeld);
  return [...pieces.map((more) => text.push(piece(more))), text.finish(result, "(none)")];
};

describe("the text of an answer while it is made", () => {
  test("is what each piece adds, whether it tells the addition or the whole", () => {
    expect(sent([{ delta: "Hel" }, { delta: "lo" }])).toEqual(["Hel", "lo", ""]);
    expect(sent([{ text: "Hel" }, { text: "Hello" }])).toEqual(["Hel", "lo", ""]);
    expect(
      sent([
        { text: "Hel", delta: "Hel" },
        { text: "Hello", delta: "lo" },
      ]),
    ).toEqual(["Hel", "lo", ""]);
  });

  test("goes on with a text that does not begin as the one before it", () => {
    expect(sent([{ text: "One." }, { text: "Two." }])).toEqual(["One.", "Two.", ""]);
  });

  test("makes a paragraph of each message", () => {
    const items = [
      { itemId: "a", delta: "One." },
      { itemId: "b", delta: "T" },
      { itemId: "b", delta: "wo." },
      { itemId: "c", text: "\nThree." },
    ];
    expect(sent(items)).toEqual(["One.", "\n\nT", "wo.", "\n\nThree.", ""]);
  });

  test("cannot take back what was sent", () => {
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

  test("waits for the end while it may still be replaced", () => {
    const pending = [{ text: "Draft", replaceable: true }, { text: "Draft two" }];
    expect(sent(pending, "Final")).toEqual(["", "", "Final"]);
    expect(sent(pending)).toEqual(["", "", "Draft two"]);
    expect(sent([{ text: "", replaceable: true }])).toEqual(["", "(none)"]);
  });

  test("waits for the end where a call may have to come first", () => {
    expect(sent([{ delta: "Let me see." }], "Let me see.", true)).toEqual(["", "Let me see."]);
    expect(sent([{ delta: "Let me see." }], undefined, true)).toEqual(["", "Let me see."]);
  });

  test("is the run's own text where none was streamed, or says that there is none", () => {
    expect(sent([], "Done.")).toEqual(["Done."]);
    expect(sent([])).toEqual(["(none)"]);
    expect(sent([], "")).toEqual(["(none)"]);
  });
});
