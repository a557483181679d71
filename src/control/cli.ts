/** The plugin's command, `openclaw passthrough`, and what is below it. */

/** Commander's command, which the host hands out, as far as it is used. */
export interface Command {
  command(name: string): Command;
  description(text: string): Command;
  option(flags: string, text: string, standard?: string): Command;
  /** Called with the command's arguments, then its options. */
  action<P extends unknown[]>(run: (...parameters: P) => Promise<void>): Command;
}

export type Options = Readonly<Record<string, unknown>>;

/** Where a command writes to. */
export interface Terminal {
  print(text: string): void;
  /** Says what went wrong, and makes the process end with status 1. */
  fail(text: string): void;
}

/** Adds a command below the root. */
export type Subcommand = (root: Command, terminal: Terminal) => void;

/** For the host's help, before the plugin is loaded: the manifest has it, and so has the registration. */
export const rootCommand = {
  name: "passthrough",
  description: "Virtual keys for the relay, and what its gateway has on disk",
  hasSubcommands: true,
};

/** What a command does, with whatever goes wrong said in words. */
export function reporting<P extends unknown[]>(
  terminal: Terminal,
  run: (...parameters: P) => Promise<string>,
): (...parameters: P) => Promise<void> {
  return async (...parameters) => {
    try {
      terminal.print(await run(...parameters));
    } catch (error) {
      terminal.fail(error instanceof Error ? error.message : String(error));
    }
  };
}

export function registerCommands(
  program: Command,
  subcommands: readonly Subcommand[],
  terminal: Terminal,
): void {
  const root = program.command(rootCommand.name).description(rootCommand.description);
  for (const add of subcommands) {
    add(root, terminal);
  }
}
