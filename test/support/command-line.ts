/** The plugin's commands without the host: a test passes the operands and options that Commander would parse. */
import { vi } from "vitest";
import {
  type Command,
  registerCommands,
  type Subcommand,
  type Terminal,
} from "../../src/control/cli.ts";

type Action = (...parameters: unknown[]) => Promise<void>;

export interface CommandLine {
  /** Each command by its path, such as `passthrough keys list`. */
  readonly commands: ReadonlyMap<string, { readonly action: Action; readonly flags: string[] }>;
  /** The function that Commander calls when it cannot parse a command line, or shows help. */
  readonly refuse: (error: Error & { readonly exitCode: number }) => void;
  /** All that was printed, where a command prints one result after the other. */
  readonly results: () => readonly string[];
  /**
   * Runs a command with its operands and options; missing options have their defaults.
   * @returns its output, its error output and its exit code.
   */
  run(
    path: string,
    ...parameters: unknown[]
  ): Promise<{
    readonly printed: string | undefined;
    readonly complaint: string | undefined;
    readonly exitCode: number | undefined;
  }>;
}

export function commandLine(subcommand: Subcommand): CommandLine {
  const terminal = {
    print: vi.fn<Terminal["print"]>(),
    complain: vi.fn<Terminal["complain"]>(),
    endWith: vi.fn<Terminal["endWith"]>(),
  };
  const commands = new Map<
    string,
    { action: Action; flags: string[]; defaults: Record<string, unknown> }
  >();
  let refuse: CommandLine["refuse"] = () => undefined;
  const commandAt = (path: string): Command => {
    const known = { action: async () => undefined, flags: [] as string[], defaults: {} };
    const command: Command = {
      command: (name) => commandAt(`${path} ${name.split(" ", 1)[0]}`.trim()),
      description: () => command,
      option(flags, _text, standard) {
        known.flags.push(flags);
        if (typeof standard === "string") {
          const [, name = ""] = /^--([a-z-]+)/.exec(flags) ?? [];
          const member = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
          Object.assign(known.defaults, { [member]: standard });
        }
        return command;
      },
      enablePositionalOptions: () => command,
      exitOverride(handle) {
        refuse = handle;
        return command;
      },
      action(action) {
        commands.set(path, { ...known, action });
        return command;
      },
    };
    return command;
  };
  registerCommands(commandAt(""), [subcommand], terminal);
  return {
    commands,
    refuse: (error) => refuse(error),
    results: () => terminal.print.mock.calls.map(([text]) => text),
    async run(path, ...parameters) {
      const command = commands.get(path);
      const options = parameters.at(-1);
      await command?.action(
        ...parameters.slice(0, -1),
        Object.assign({}, command.defaults, options),
      );
      return {
        printed: terminal.print.mock.lastCall?.[0],
        complaint: terminal.complain.mock.lastCall?.[0],
        exitCode: terminal.endWith.mock.lastCall?.[0],
      };
    },
  };
}
