/** `openclaw passthrough keys`: manages virtual keys. */
import { addGroup, type CommandSpec, type GroupAction, type Subcommand } from "./cli.ts";
import { describeKey, describeKeys } from "./describe-keys.ts";
import { parseDuration } from "./duration.ts";
import { keyOptions, purposeOptions, readKeyOptions, wideningOptions } from "./key-options.ts";
import type { Keys, KeyView, NewText } from "./keys.ts";
import { UsageError } from "./usage-error.ts";

/** @param action what the command does without a subcommand. */
export function createKeysCommand(keys: Keys, action: GroupAction): Subcommand {
  return (root, terminal) =>
    addGroup(
      root,
      {
        name: "keys",
        text: "Virtual keys for /passthrough/v1: alone, what is left of their limits",
        action,
        commands: commandsFor(keys),
      },
      terminal,
    );
}

function commandsFor(keys: Keys): readonly CommandSpec[] {
  return [
    {
      usage: "create <name>",
      text: "Create a key and show it once",
      options: [...keyOptions, ...purposeOptions],
      async run([name = ""], options) {
        const change = readKeyOptions([...keyOptions, ...purposeOptions], options);
        return withNotes(await keys.create(name, change), onlyOnce);
      },
    },
    {
      usage: "list",
      text: "List the keys with their limits and usage",
      async run() {
        const lines = await keys.list();
        return { text: describeKeys(lines), json: lines };
      },
    },
    {
      usage: "show <name>",
      text: "Show what a key allows, its usage, and what is left",
      async run([name = ""]) {
        const details = await keys.show(name);
        return { text: describeKey(details), json: details };
      },
    },
    {
      usage: "update <name>",
      text: "Change what a key allows; omitted options, its text, sessions and usage do not change",
      options: [...keyOptions, ...wideningOptions],
      async run([name = ""], options) {
        const change = readKeyOptions([...keyOptions, ...wideningOptions], options);
        if (Object.keys(change).length === 0) {
          throw new UsageError(
            "nothing to change: give an option, such as --rpm 60 (--help lists them)",
          );
        }
        return withNotes(await keys.update(name, change), () => `Key "${name}" updated.`);
      },
    },
    {
      usage: "rotate <name>",
      text: "Give a key a new text; its limits, sessions and usage do not change",
      options: [
        {
          flags: "--grace <duration>",
          text: "how long the old text still works (ms, s, m, h, d; 0: not at all)",
          standard: "24h",
        },
      ],
      async run([name = ""], options) {
        const written = String(options["grace"]);
        const rotated = await keys.rotate(name, written === "0" ? 0 : parseDuration(written));
        return { text: onlyOnce(rotated), json: rotated };
      },
    },
    {
      usage: "revoke <name>",
      text: "Delete a key; its open streams continue to their end",
      async run([name = ""]) {
        const places = await keys.revoke(name);
        return { text: `Key "${name}" revoked.`, json: { name, places } };
      },
    },
    {
      usage: "import [names...]",
      text: "Move keys from the config into the plugin's own file: the named ones, or all",
      async run(names) {
        const moved = await keys.import(names);
        const text =
          moved.length === 0
            ? "The config declares no keys."
            : `Moved from the config: ${moved.join(", ")}.`;
        return { text, json: { moved } };
      },
    },
  ];
}

/** The key is the last line, so that a script can read it with `tail -1`. */
function onlyOnce({ text }: NewText): string {
  return `Store this key now. It is not shown again:\n${text}`;
}

function withNotes<V extends KeyView>(view: V, describe: (view: V) => string) {
  const notes = toolNotes(view.key);
  return { text: [...notes, describe(view)].join("\n\n"), json: { ...view, notes } };
}

/** What an operator should know before handing out a key with these modes and tools. */
function toolNotes({ modes, tools, metrics }: KeyView["key"]): readonly string[] {
  if (metrics === true) {
    return [
      "This key reads the names of agents, models, providers and virtual keys, and their use. It can call no model.",
    ];
  }
  if (!modes.includes("agent") && tools === undefined) {
    return [];
  }
  if (tools === "agent") {
    return [
      "Careful: with `--tools agent`, the holder of this key can make the agent use all of its tools. With the host's " +
        "defaults these read and write the gateway's files (including its config and token), run commands, read other " +
        "people's sessions, send messages and schedule jobs. Give the key only to someone who may do all of that, or " +
        "list single tools instead (`--tools memory_search,web_search`).",
    ];
  }
  return [
    `Agent runs of this key have ${tools === undefined || tools === "none" ? "none of the host's tools" : `these tools of the host: ${tools.join(", ")}`}. ` +
      "They are refused unless the gateway's config has plugins.entries.passthrough.hooks.allowConversationAccess: true.",
  ];
}
