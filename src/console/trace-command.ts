/** `openclaw passthrough trace <request-id>`. */
import { addCommand, type Subcommand } from "../control/cli.ts";
import { UsageError } from "../control/usage-error.ts";
import { describeTrace } from "./describe-trace.ts";
import type { ConsoleParts } from "./parts.ts";
import { name } from "../control/units.ts";

/** A whole UUID, or its beginning. */
const idPattern = /^[0-9a-f-]{8,36}$/;

export function createTraceCommand({ ask, screen }: ConsoleParts): Subcommand {
  return (root, terminal) =>
    addCommand(
      root,
      {
        usage: "trace <request-id>",
        text: "Show one request and its attempts on a time line; 8 characters of the id are enough",
        async run([written = ""]) {
          const id = written.trim().toLowerCase();
          if (!idPattern.test(id)) {
            throw new UsageError(
              `"${name(written)}" is not a request id: use the response header x-openclaw-request-id, or at least its first 8 characters`,
            );
          }
          const { value, json } = await ask.request(id);
          if (value === null) {
            throw new Error(
              `There is no request ${id}. The relay keeps the last 10,000 finished requests since its thread started.`,
            );
          }
          return { text: describeTrace(value, screen()), json };
        },
      },
      terminal,
    );
}
