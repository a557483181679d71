/** What the commands know of the terminal that they print to. */
import { styleText } from "node:util";

export type Style = "red" | "yellow" | "green" | "bold" | "dim";

export interface Screen {
  /** Characters in a line. */
  readonly width: number;
  /** Lines that fit; undefined if the output is not a terminal. */
  readonly height: number | undefined;
  /** Colours a text if the terminal may show colours. */
  paint(style: Style, text: string): string;
}

/** The part of `process.stdout` that is used. */
interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Of output that is not a terminal. */
const standardWidth = 80;
const leastWidth = 60;

/** @param noColor the environment's `NO_COLOR` (no-color.org): no colours, unless it is empty. */
export function createScreen(output: OutputStream, noColor: string | undefined): Screen {
  const isTerminal = output.isTTY === true;
  const hasColors = isTerminal && (noColor ?? "") === "";
  return {
    width: isTerminal ? Math.max(leastWidth, output.columns ?? standardWidth) : standardWidth,
    height: isTerminal ? output.rows : undefined,
    paint: (style, text) => (hasColors ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Shows this text and nothing else: over what the terminal shows now, cut at its last line. */
export function inPlace(text: string, { height }: Screen): string {
  if (height === undefined) {
    return text;
  }
  const lines = text.split("\n");
  const fitting =
    lines.length < height
      ? lines
      : [...lines.slice(0, height - 2), `… ${lines.length - height + 2} more lines`];
  // Home, each line with what is right of it, and what is below.
  return `\x1b[H${fitting.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`;
}
