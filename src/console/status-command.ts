/** `openclaw passthrough status`. */
import { addCommand, type CommandResult, type Subcommand } from "../control/cli.ts";
import type { Ask } from "./ask.ts";
import { describeStatus } from "./describe-status.ts";
import type { ConsoleParts } from "./parts.ts";
import { inPlace, type Screen } from "./screen.ts";

const watchEveryMs = 2000;

export function createStatusCommand(parts: ConsoleParts): Subcommand {
  const { ask, screen, every } = parts;
  return (root, terminal) =>
    addCommand(
      root,
      {
        usage: "status",
        text: "Show problems, providers, agents, keys and runs of the running gateway",
        options: [
          { flags: "--watch", text: `show it again every ${watchEveryMs / 1000} s, until Ctrl+C` },
        ],
        run: (_operands, options) =>
          options["watch"] === true
            ? watched(ask, screen, every(watchEveryMs))
            : statusNow(ask, screen()),
      },
      terminal,
    );
}

async function statusNow(ask: Ask, screen: Screen): Promise<CommandResult> {
  const { value, json } = await ask.status();
  return { text: describeStatus(value, screen), json };
}

/** The first failure ends the command; a later one is shown, because the gateway may be starting again. */
async function* watched(
  ask: Ask,
  screen: ConsoleParts["screen"],
  rounds: AsyncIterable<number>,
): AsyncGenerator<CommandResult> {
  for await (const round of rounds) {
    const now = screen();
    let result;
    try {
      result = await statusNow(ask, now);
    } catch (error) {
      if (round === 0) {
        throw error;
      }
      const message = error instanceof Error ? error.message : String(error);
      result = { text: message, json: { ok: false, problem: message } };
    }
    const { text, json } = result;
    yield { text: now.height === undefined ? `${text}\n` : inPlace(text, now), json };
  }
}
