/** The plugin's command, `openclaw passthrough`, and what is below it. */

/** Commander's command, which the host hands out, as far as it is used. */
export interface Command {
  command(name: string): Command;
  description(text: string): Command;
  option(flags: string, text: string, standard?: string): Command;
  action(run: (options: Readonly<Record<string, unknown>>) => Promise<void>): Command;
}

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
  description: "Look after what the relay's gateway has on disk",
  hasSubcommands: true,
};

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
