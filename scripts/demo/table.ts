/** Measurements side by side, as text tables. */
import type { FirstBytes } from "./first-bytes.ts";
import type { Measurement } from "./measure.ts";

const milliseconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const count = (value: number) => value.toLocaleString("en-US");

const lines: readonly (readonly [row: string, show: (measured: Measurement) => string])[] = [
  ["time to first byte", ({ firstByteMs }) => milliseconds(firstByteMs)],
  ["time to first word", ({ firstWordMs }) => milliseconds(firstWordMs)],
  ["total time", ({ totalMs }) => milliseconds(totalMs)],
  ["sent to the provider", ({ sentBytes }) => `${count(sentBytes)} bytes`],
  [
    "prompt tokens",
    ({ sentTokens, tokensCounted }) => `${tokensCounted ? "" : "about "}${count(sentTokens)}`,
  ],
  ["rows left on disk", ({ diskRows }) => count(diskRows)],
  ["bytes left on disk", ({ diskBytes }) => count(diskBytes)],
];

/** @param columns measurements by title. */
export function table(title: string, columns: Readonly<Record<string, Measurement>>): string {
  const rows = [[title, ...Object.keys(columns)]];
  for (const [row, show] of lines) {
    rows.push([row, ...Object.values(columns).map(show)]);
  }
  return aligned(rows);
}

export function firstByteTable(entries: readonly FirstBytes[]): string {
  const rows = [["time to first byte", "alone: p50", "p90", "agent at work: p50", "p90"]];
  for (const { title, alone, besideAgent } of entries) {
    const times = [alone.p50Ms, alone.p90Ms, besideAgent.p50Ms, besideAgent.p90Ms];
    rows.push([title, ...times.map(milliseconds)]);
  }
  return aligned(rows);
}

/** A Markdown table. The first column is aligned to the left, others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(rows[0] ?? []), line(rule), ...rows.slice(1).map(line)].join("\n");
}
