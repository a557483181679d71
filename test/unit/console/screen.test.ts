import { describe, expect, test } from "vitest";
import { createScreen, inPlace } from "../../../src/console/screen.ts";

describe("colours", () => {
  test.each([
    [{ isTTY: true }, undefined, "\x1b[31mdown\x1b[39m"],
    [{ isTTY: true }, "", "\x1b[31mdown\x1b[39m"],
    [{ isTTY: true }, "1", "down"],
    [{}, undefined, "down"],
    [{ isTTY: false }, "", "down"],
  ])("of %j with NO_COLOR=%s", (output, noColor, painted) => {
    expect(createScreen(output, noColor).paint("red", "down")).toBe(painted);
  });
});

test("a terminal's own width is used, anything else has 80 columns", () => {
  expect(createScreen({ isTTY: true, columns: 132 }, undefined).width).toBe(132);
  expect(createScreen({ columns: 132 }, undefined).width).toBe(80);
});

describe("showing something in place", () => {
  const screenOf = (rows: number) => createScreen({ isTTY: true, columns: 80, rows }, undefined);

  test("replaces what the terminal shows, line by line", () => {
    expect(inPlace("a\nb", screenOf(10))).toBe("\x1b[Ha\x1b[K\nb\x1b[K\x1b[J");
  });

  test("keeps the first lines, which say most, of what does not fit", () => {
    const shown = inPlace(
      Array.from({ length: 9 }, (_, at) => `line ${at}`).join("\n"),
      screenOf(5),
    );
    expect(shown.split("\n").map((line) => line.replace("\x1b[K", ""))).toEqual([
      "\x1b[Hline 0",
      "line 1",
      "line 2",
      "… 6 more lines\x1b[J",
    ]);
  });

  test("does nothing for output that is not a terminal", () => {
    expect(inPlace("a\nb", createScreen({}, undefined))).toBe("a\nb");
  });
});
