/** The plugin's command, `openclaw passthrough`, and what is below it. */
import { UsageError } from "./usage-error.ts";

/** Commander's command, which the host hands out, as far as it is used. */
export interface Command {
  command(name: string): Command;
  description(text: string): Command;
  option(flags: string, text: string, standard?: string): Command;
  /** @param collect makes an option's value of what is written and the value so far, each time that it is given. */
  option(
    flags: string,
    text: string,
    collect: (written: string, before: unknown) => unknown,
  ): Command;
  /** Called for help (`exitCode` 0) and for a command line that Commander can't read. */
  exitOverride(handle: (error: Error & { readonly exitCode: number }) => never): Command;
  /** Called with the command's operands, then its options. */
  action(run: (...parameters: unknown[]) => Promise<void>): Command;
}

export type Options = Readonly<Record<string, unknown>>;

/** 1: it could not be done. 2: the command line can't be read. */
type ExitCode = 1 | 2;

/** Where a command writes to. */
export interface Terminal {
  print(text: string): void;
  /** Says what went wrong, beside what is printed. */
  complain(text: string): void;
  /** Makes the process end with this status, whatever else happens. */
  endWith(code: ExitCode): void;
}

/** Adds a command below the root. */
export type Subcommand = (root: Command, terminal: Terminal) => void;

/** For the host's help, before the plugin is loaded: the manifest has it, and so has the registration. */
export const rootCommand = {
  name: "passthrough",
  description: "Manage the relay's virtual keys and the gateway's one-shot sessions",
  hasSubcommands: true,
};

/** What a command has to say: to people, and with `--json` to programs. */
interface CommandResult {
  readonly text: string;
  readonly json: unknown;
}

export interface CommandOption {
  /** Such as `--rpm <number>`. */
  readonly flags: string;
  readonly text: string;
  /** Its value where it is left out. */
  readonly standard?: string;
  /** Whether it may be given more than once, with one value each time. */
  readonly repeats?: boolean;
}

export interface CommandSpec {
  /** Its name and operands, such as `rotate <name>`. */
  readonly usage: string;
  readonly text: string;
  readonly options?: readonly CommandOption[];
  /** @throws UsageError for what can't be read, any other Error for what can't be done. */
  run(operands: readonly string[], options: Options): Promise<CommandResult>;
}

/** Adds a command that takes `--json`, and whose failures are said in words and by the exit code. */
export function addCommand(parent: Command, spec: CommandSpec, terminal: Terminal): void {
  const command = parent.command(spec.usage).description(spec.text);
  for (const option of spec.options ?? []) {
    addOption(command, option);
  }
  command.option("--json", "print the result as JSON");
  const operandCount = spec.usage.match(/[<[]/g)?.length ?? 0;
  command.action(async (...parameters) => {
    const operands = parameters.slice(0, operandCount).flat().map(String);
    const options = isOptions(parameters[operandCount]) ? parameters[operandCount] : {};
    const asJson = options["json"] === true;
    try {
      const { text, json } = await spec.run(operands, options);
      terminal.print(asJson ? JSON.stringify(json, null, 2) : text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isMisused = error instanceof UsageError;
      if (asJson) {
        // The host's own shape for a failure.
        const type = isMisused ? "usage_error" : "command_failed";
        terminal.print(JSON.stringify({ ok: false, error: { type, message } }, null, 2));
      }
      terminal.complain(message);
      terminal.endWith(isMisused ? 2 : 1);
    }
  });
}

export function registerCommands(
  program: Command,
  subcommands: readonly Subcommand[],
  terminal: Terminal,
): void {
  const root = program.command(rootCommand.name).description(rootCommand.description);
  // Before there is anything below it: commands inherit this when they are made.
  root.exitOverride((error) => {
    if (error.exitCode !== 0) {
      terminal.endWith(2);
    }
    throw error;
  });
  for (const add of subcommands) {
    add(root, terminal);
  }
}

function addOption(command: Command, { flags, text, standard, repeats }: CommandOption): void {
  if (repeats === true) {
    command.option(flags, text, (written, before) => [
      ...(Array.isArray(before) ? before : []),
      written,
    ]);
  } else if (standard === undefined) {
    command.option(flags, text);
  } else {
    command.option(flags, text, standard);
  }
}

function isOptions(value: unknown): value is Options {
  return typeof value === "object" && value !== null;
}
