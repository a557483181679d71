/** The problem of the relay's own listener, for the list of problems. */
import { pathOf, type Problem } from "../control/problems.ts";

/** @param problem what keeps it from serving as configured, as sentences; undefined for none. */
export function listenerProblems(problem: string | undefined): Problem[] {
  return problem === undefined
    ? []
    : [
        {
          severity: "error",
          path: pathOf("listen"),
          message: problem,
          fix: "The listener tries again every few seconds, and after each change of the config.",
        },
      ];
}
