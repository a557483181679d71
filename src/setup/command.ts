/** `openclaw passthrough init`: asks three questions, writes the config, and makes a first key. */
import { addCommand, type Options, type Subcommand, type Terminal } from "../control/cli.ts";
import { UsageError } from "../control/usage-error.ts";
import { describeInit, describeDiff } from "./describe.ts";
import { init, type InitParts } from "./init.ts";
import { type Ask, choose } from "./questions.ts";

export interface InitCommandParts extends InitParts {
  /** Runs a function that may ask at the terminal; undefined if standard input is no terminal. */
  readonly withTerminal: (<T>(run: (ask: Ask) => Promise<T>) => Promise<T>) | undefined;
}

export function createInitCommand(parts: InitCommandParts): Subcommand {
  return (root, terminal: Terminal) =>
    addCommand(
      root,
      {
        usage: "init",
        text: "Set the relay up: three questions, the config, a first key, and a line to try it",
        options: [
          { flags: "--mode <mode>", text: "passthrough (relay), light (voice) or agent (mixed)" },
          {
            flags: "--agent <id...>",
            text: "agents that callers may use, each as id or id=mode; default: all",
          },
          {
            flags: "--listen <host:port>",
            text: "where the relay listens for callers with a key, or none",
          },
          { flags: "--key <name>", text: "name of the first key", standard: "first" },
          { flags: "--yes", text: "ask nothing, and write the change" },
        ],
        async run(_operands, options) {
          const result = await runInit(parts, options);
          return result === undefined
            ? { text: "Nothing was changed.", json: { changed: false } }
            : { text: describeInit(result, options["yes"] !== true), json: result };
        },
      },
      terminal,
    );
}

function runInit(parts: InitCommandParts, options: Options) {
  const given = {
    mode: textOf(options["mode"]),
    agents: Array.isArray(options["agent"]) ? options["agent"].map(String) : undefined,
    listen: textOf(options["listen"]),
    keyName: textOf(options["key"]) ?? "",
  };
  const known = { agentIds: parts.agentIds(), gatewayPort: parts.gateway().port };
  const run = async (ask: Ask | undefined) =>
    init(parts, await choose(given, known, ask), (diff) =>
      ask === undefined ? Promise.resolve(true) : confirm(ask, diff),
    );
  if (options["yes"] === true) {
    return run(undefined);
  }
  if (options["json"] === true) {
    throw new UsageError("--json needs --yes, because questions are no JSON");
  }
  if (parts.withTerminal === undefined) {
    throw new UsageError(
      "init asks questions, and standard input is no terminal: give --yes with --mode, and --agent, --listen and --key as you like",
    );
  }
  return parts.withTerminal(run);
}

async function confirm(ask: Ask, diff: readonly string[]): Promise<boolean> {
  const answer = await ask(`\n${describeDiff(diff)}\n\nWrite this to the gateway's config? [y/N] `);
  return /^y(es)?$/i.test(answer);
}

function textOf(option: unknown): string | undefined {
  return typeof option === "string" ? option : undefined;
}
