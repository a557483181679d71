/** Formats problems for the terminal. Pure. */
import type { Problem } from "../control/problems.ts";
import { onTerminal } from "../control/terminal-text.ts";
import type { Checkup } from "./checkup.ts";

/** @returns lines without a final line feed. */
export function describeCheckup({ problems, scope }: Checkup): string {
  const errors = problems.filter(({ severity }) => severity === "error");
  const warnings = problems.filter(({ severity }) => severity === "warning");
  const sum =
    problems.length === 0
      ? "No problems found."
      : `${counted(errors.length, "error")}, ${counted(warnings.length, "warning")}.`;
  return [...[...errors, ...warnings].flatMap(describe), sum, scope].join("\n");
}

function describe({ severity, path, message, fix }: Problem): readonly string[] {
  return [`${severity.padEnd(7)}  ${path}`, `         ${message}`, `         Fix: ${fix}`, ""].map(
    onTerminal,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
