/** Builds the plugin's command, `openclaw passthrough`, and its subcommands. */
import { UsageError } from "./usage-error.ts";

/** The part of Commander's `Command` that the plugin uses. The host passes it in. */
export interface Command {
  command(name: string): Command;
  description(text: string): Command;
  option(flags: string, text: string, standard?: string): Command;
  /** @param collect called for each occurrence of the option; combines its text with the value so far. */
  option(
    flags: string,
    text: string,
    collect: (written: string, before: unknown) => unknown,
  ): Command;
  /** An option belongs to the command that it follows, so that a group and its subcommands may have the same ones. */
  enablePositionalOptions(): Command;
  /** Called for help (`exitCode` 0) and for a command line that Commander cannot parse. */
  exitOverride(handle: (error: Error & { readonly exitCode: number }) => never): Command;
  /** Called with the command's operands, then its options. */
  action(run: (...parameters: unknown[]) => Promise<void>): Command;
}

export type Options = Readonly<Record<string, unknown>>;

/** 1: the command failed. 2: the command line is invalid. A command may give its results codes of their own. */
type ExitCode = 1 | 2;

/** Where a command writes. */
export interface Terminal {
  /** Writes a result to standard output. */
  print(text: string): void;
  /** Writes an error message to standard error. */
  complain(text: string): void;
  /** Sets the exit status of the process; nothing that runs later can change it. */
  endWith(code: ExitCode): void;
}

/** Adds a command to the root command. */
export type Subcommand = (root: Command, terminal: Terminal) => void;

/** The root command, for the registration and for the manifest: the host's help shows it before the plugin is loaded. */
export const rootCommand = {
  name: "passthrough",
  description: "Set up, check and watch the relay; manage its virtual keys and its sessions",
  hasSubcommands: true,
};

/** A command's result: `text` for people, `json` for `--json`. */
export interface CommandResult {
  readonly text: string;
  readonly json: unknown;
  /** 0 by default. */
  readonly exitCode?: 0 | ExitCode;
}

export interface CommandOption {
  /** Such as `--rpm <number>`. */
  readonly flags: string;
  readonly text: string;
  /** Default value. */
  readonly standard?: string;
  /** Whether the option may occur more than once, with one value each time. */
  readonly repeats?: boolean;
}

export interface CommandSpec {
  /** Name and operands, such as `rotate <name>`. */
  readonly usage: string;
  readonly text: string;
  readonly options?: readonly CommandOption[];
  /** The exit code of a failure; 1 by default. */
  readonly failureCode?: ExitCode;
  /**
   * Results that come one after the other are printed as they come; as JSON, one in a line.
   * @throws UsageError for an invalid operand or option, any other Error for a failure.
   */
  run(
    operands: readonly string[],
    options: Options,
  ): Promise<CommandResult> | AsyncIterable<CommandResult>;
}

/** What a group of commands does without a subcommand. */
export type GroupAction = Omit<CommandSpec, "usage" | "text">;

/** Adds a command. It takes `--json`, and reports failures by a message and by the exit code. */
export function addCommand(parent: Command, spec: CommandSpec, terminal: Terminal): void {
  giveAction(parent.command(spec.usage).description(spec.text), spec, terminal);
}

interface GroupSpec {
  readonly name: string;
  readonly text: string;
  readonly action: GroupAction;
  readonly commands: readonly CommandSpec[];
}

/** Adds a command with subcommands, which also does something without one. */
export function addGroup(root: Command, spec: GroupSpec, terminal: Terminal): void {
  const { name, text, action, commands } = spec;
  const group = root.command(name).description(text).enablePositionalOptions();
  giveAction(group, { ...action, usage: name }, terminal);
  for (const command of commands) {
    addCommand(group, command, terminal);
  }
}

function giveAction(command: Command, spec: Omit<CommandSpec, "text">, terminal: Terminal): void {
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
      const results = spec.run(operands, options);
      if (Symbol.asyncIterator in results) {
        for await (const { text, json } of results) {
          terminal.print(asJson ? jsonText(json) : text);
        }
        return;
      }
      const { text, json, exitCode = 0 } = await results;
      terminal.print(asJson ? jsonText(json, 2) : text);
      if (exitCode !== 0) {
        terminal.endWith(exitCode);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isMisused = error instanceof UsageError;
      if (asJson) {
        // The host's own commands print failures in this shape.
        const type = isMisused ? "usage_error" : "command_failed";
        terminal.print(jsonText({ ok: false, error: { type, message } }, 2));
      }
      terminal.complain(message);
      terminal.endWith(isMisused ? 2 : (spec.failureCode ?? 1));
    }
  });
}

/** Escapes what a terminal would obey and JSON allows: names may come from outside. */
function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\x7f-\x9f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

export function registerCommands(
  program: Command,
  subcommands: readonly Subcommand[],
  terminal: Terminal,
): void {
  const root = program.command(rootCommand.name).description(rootCommand.description);
  // Must come before the subcommands: each inherits this handler when it is created.
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
