/** The difference of two settings, as lines. Pure. */

/** Lines that are shown before and after each change. */
const contextLines = 2;

/**
 * @returns the lines of both as JSON, each with `- `, `+ ` or two spaces in front. Unchanged lines far from a change are one
 * line with `…`. Empty if nothing differs.
 */
export function diffSettings(before: unknown, after: unknown): readonly string[] {
  const lines = diffLines(linesOf(before), linesOf(after));
  const near = (at: number) =>
    lines
      .slice(Math.max(0, at - contextLines), at + contextLines + 1)
      .some((line) => !line.startsWith("  "));
  return lines.flatMap((line, at) =>
    near(at)
      ? [line]
      : at > 0 && near(at - 1) && lines.slice(at).some((_, n) => near(at + n))
        ? ["  …"]
        : [],
  );
}

function linesOf(value: unknown): readonly string[] {
  return JSON.stringify(value, withoutDigests, 2).split("\n");
}

/** Digests of keys are of no use to a reader, and need not be on a terminal. */
function withoutDigests(name: string, value: unknown): unknown {
  return name === "sha256" ? "…" : value;
}

/** The shortest difference, by the longest common subsequence. A config has some hundred lines. */
function diffLines(before: readonly string[], after: readonly string[]): readonly string[] {
  // common[i][j]: the length of the longest common subsequence of before[i…] and after[j…].
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const lengthAt = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = common[i] ?? new Uint32Array();
      row[j] =
        before[i] === after[j]
          ? lengthAt(i + 1, j + 1) + 1
          : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i]}`);
      [i, j] = [i + 1, j + 1];
    } else if (
      j < after.length &&
      (i >= before.length || lengthAt(i, j + 1) > lengthAt(i + 1, j))
    ) {
      lines.push(`+ ${after[j]}`);
      j += 1;
    } else {
      lines.push(`- ${before[i]}`);
      i += 1;
    }
  }
  return lines;
}
