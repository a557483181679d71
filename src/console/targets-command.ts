/** `openclaw passthrough targets`. */
import { addCommand, type Subcommand } from "../control/cli.ts";
import { relayOf } from "./ask.ts";
import { describeTargets } from "./describe-targets.ts";
import type { ConsoleParts } from "./parts.ts";

export function createTargetsCommand({ ask, screen }: ConsoleParts): Subcommand {
  return (root, terminal) =>
    addCommand(
      root,
      {
        usage: "targets",
        text: "Show the providers' models: attempts, failures, times, circuits and fallbacks",
        async run() {
          const relay = relayOf((await ask.status()).value);
          const { targets, fallbacks } = relay;
          return { text: describeTargets(relay, screen()), json: { targets, fallbacks } };
        },
      },
      terminal,
    );
}
