/** The plugin's own files with wrong rights. Pure. */
import type { Problem } from "../control/problems.ts";
import type { ProblemFacts } from "./facts.ts";
import type { FileFact } from "./file-facts.ts";

const holds = {
  folder: "the folder of the virtual keys and their usage",
  keys: "the file of the virtual keys",
  usage: "the file of the usage of virtual keys",
} as const satisfies Record<FileFact["kind"], string>;

export function fileProblems({ files }: ProblemFacts): Problem[] {
  return files.flatMap(problemsOf);
}

function problemsOf(file: FileFact): Problem[] {
  const { path, kind, mode = 0 } = file;
  const what = `${holds[kind].slice(0, 1).toUpperCase()}${holds[kind].slice(1)}`;
  const wanted = kind === "folder" ? "700" : "600";
  const written = mode.toString(8).padStart(4, "0");
  const problems: Problem[] = [];
  if (!file.isUsable) {
    problems.push({
      severity: "error",
      path,
      message: `${what} cannot be ${kind === "folder" ? "read and written" : "read"} by the user that the gateway runs as.`,
      fix: `Run \`chown\` on it with the gateway's user, then \`chmod ${wanted}\`.`,
    });
  } else if (!file.isOwn) {
    problems.push({
      severity: "warning",
      path,
      message: `${what} belongs to another user than the one that the gateway runs as.`,
      fix: "Run `chown` on it with the gateway's user, and the commands for keys as that user.",
    });
  }
  if ((mode & 0o022) !== 0) {
    problems.push({
      severity: "error",
      path,
      message: `${what} can be changed by other users of this machine (${written}), who could give themselves a key or a budget.`,
      fix: `Run \`chmod ${wanted}\` on it.`,
    });
  } else if ((mode & 0o055) !== 0) {
    problems.push({
      severity: "warning",
      path,
      message: `${what} can be read by other users of this machine (${written}).`,
      fix: `Run \`chmod ${wanted}\` on it.`,
    });
  }
  return problems;
}

/** @param why usage is not stored, as the end of a sentence; undefined if it is. */
export function usageFileProblems(path: string, why: string | undefined): Problem[] {
  return why === undefined
    ? []
    : [
        {
          severity: "warning",
          path,
          message: `The usage of virtual keys is not stored, so a restart forgets what their budgets have paid: ${why}.`,
          fix: "Give the gateway's user the right to read and write it, repair it, or move it away; then restart the gateway.",
        },
      ];
}
