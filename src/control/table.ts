/** Formats tables for the terminal. */
import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";

export interface TableOptions {
  /** At most this many characters in a line; longer cells are cut and end with `…`. Default: no bound. */
  readonly width?: number;
  /** Columns that are left-aligned, by their position; the others are right-aligned. Default: the first one. */
  readonly left?: readonly number[];
  /** Columns that shrink first if the table is too wide. Default: those that are left-aligned. */
  readonly flexible?: readonly number[];
  /** The width of each column, for tables that are printed in parts. Default: that of its widest cell. */
  readonly widths?: readonly number[];
}

/** Between two columns. */
const gap = "  ";
/** Below this, the other columns shrink, too. */
const leastWidth = 6;
/** Rows that the library lays out together: its time grows with their square. */
const rowsAtOnce = 100;

/** No border: all characters of one, but those between two columns. */
const borderless = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"].flatMap((edge) =>
    [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`].map((name) => [name, ""]),
  ),
);

/** @param rows the header first. Cells may contain the escape codes of colours, and no line feeds. @returns lines. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { left = [0] } = options;
  const colWidths = [...(options.widths ?? fittingWidths(rows, options))];
  const layout = {
    chars: { ...borderless, middle: gap },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colWidths,
    colAligns: colWidths.map((_, at) => (left.includes(at) ? ("left" as const) : "right")),
  };
  const lines: string[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const part = new Table(layout);
    part.push(...rows.slice(at, at + rowsAtOnce).map((row) => row.slice()));
    lines.push(...part.toString().split("\n"));
  }
  return lines.map((line) => line.trimEnd());
}

/** The width of each column: of its widest cell, or less if the table would be too wide. */
function fittingWidths(
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, left = [0], flexible = left }: TableOptions = {},
): readonly number[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(1, ...rows.map((row) => stripVTControlCharacters(row[at] ?? "").length)),
  );
  const room = width - gap.length * (widths.length - 1);
  const tooMuch = () => widths.reduce((sum, cell) => sum + cell, 0) - room;
  const shrink = (isCandidate: (at: number) => boolean, least: number) => {
    while (tooMuch() > 0) {
      const widest = widths.reduce(
        (best, cell, at) => (isCandidate(at) && cell > (widths[best] ?? least) ? at : best),
        -1,
      );
      if (widest === -1) {
        return;
      }
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  };
  shrink((at) => flexible.includes(at), leastWidth);
  shrink(() => true, 1);
  return widths;
}
