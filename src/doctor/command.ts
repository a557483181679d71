/** `openclaw passthrough doctor`: shows what is wrong before a caller finds out. */
import { addCommand, type Subcommand } from "../control/cli.ts";
import type { Problem } from "../control/problems.ts";
import type { Examine } from "./checkup.ts";
import { describeCheckup } from "./describe.ts";

/** @param examine makes the list. */
export function createDoctorCommand(examine: Examine): Subcommand {
  return (root, terminal) =>
    addCommand(
      root,
      {
        usage: "doctor",
        text: "Show what is wrong, and what to change: exit code 0 for nothing, 1 for warnings, 2 for errors",
        options: [
          {
            flags: "--online",
            text: "also ask the providers: one small call for each credential, which a provider may charge",
          },
        ],
        // 1 would say that there are warnings.
        failureCode: 2,
        async run(_operands, options) {
          const checkup = await examine(options["online"] === true);
          const { problems } = checkup;
          return {
            text: describeCheckup(checkup),
            json: { problems },
            exitCode: exitCodeOf(problems),
          };
        },
      },
      terminal,
    );
}

function exitCodeOf(problems: readonly Problem[]): 0 | 1 | 2 {
  return problems.some(({ severity }) => severity === "error") ? 2 : problems.length > 0 ? 1 : 0;
}
