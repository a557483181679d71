/** Problems of the relay's thread, for the list of problems. Pure. */
import { pathOf, type Problem } from "../control/problems.ts";

export interface PlaneFacts {
  /** Why the thread does not start again; undefined if it runs, or soon will. */
  readonly problem: string | undefined;
  /** Times that it has ended by itself since the gateway's start. */
  readonly deaths: number;
  /** Why it ended the last time, as the end of a sentence; undefined if it never has. */
  readonly lastDeath: string | undefined;
}

export function planeProblems({ problem, deaths, lastDeath }: PlaneFacts): Problem[] {
  const path = pathOf("dataPlane");
  if (problem !== undefined) {
    const message = `${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}`;
    return [{ severity: "error", path, message, fix: "Restart the gateway." }];
  }
  return deaths === 0
    ? []
    : [
        {
          severity: "warning",
          path,
          message: `The data plane has ended ${deaths === 1 ? "once" : `${deaths} times`} since the gateway's start, the last time because ${lastDeath ?? "of an unknown error"}. Requests under way failed; it runs again.`,
          fix: "If it ran out of memory, raise dataPlane.maxHeapMegabytes. Else report it with the log's lines before it. A restart of the gateway clears this warning.",
        },
      ];
}
