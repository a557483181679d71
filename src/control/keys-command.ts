/** `openclaw passthrough keys`: virtual keys by hand. */
import { type Command, type Options, reporting, type Subcommand, type Terminal } from "./cli.ts";
import { describeKeys } from "./describe-keys.ts";
import { parseDuration } from "./duration.ts";
import type { Keys, NewKey } from "./keys.ts";

const modeNames = ["passthrough", "light", "agent"] as const;

export function createKeysCommand(keys: Keys): Subcommand {
  return (root, terminal) => {
    const group = root.command("keys").description("Virtual keys for /passthrough/v1");
    addCreate(group, keys, terminal);
    group
      .command("list")
      .description("Show the keys, what they allow and what they have used")
      .option("--json", "print the result as JSON")
      .action(
        reporting(terminal, async (options: Options) => {
          const lines = await keys.list();
          return options["json"] === true ? JSON.stringify(lines, null, 2) : describeKeys(lines);
        }),
      );
    group
      .command("rotate <name>")
      .description("Give a key a new text; what it allows, its sessions and its usage stay")
      .option("--grace <duration>", "how long the old text still works (ms, s, m, h, d; 0)", "24h")
      .action(
        reporting(terminal, async (name: string, options: Options) => {
          const written = String(options["grace"]);
          const text = await keys.rotate(name, written === "0" ? 0 : parseDuration(written));
          return onlyOnce(text);
        }),
      );
    group
      .command("revoke <name>")
      .description("Take a key away; streams that are open go on to their end")
      .action(
        reporting(terminal, async (name: string) => {
          await keys.revoke(name);
          return `The key "${name}" is revoked.`;
        }),
      );
    group
      .command("import [names...]")
      .description("Move keys from the config into the plugin's own file; all when none is named")
      .action(
        reporting(terminal, async (names: readonly string[]) => {
          const moved = await keys.import(names);
          return moved.length === 0
            ? "The config declares no keys."
            : `Moved from the config: ${moved.join(", ")}.`;
        }),
      );
  };
}

function addCreate(group: Command, keys: Keys, terminal: Terminal): void {
  group
    .command("create <name>")
    .description("Make a key, and show it once")
    .option("--agent <id...>", "an agent that it may ask for; all when left out")
    .option(
      "--model <pattern...>",
      "a model that it may use, as a pattern on provider/model; those of its agents when left out",
    )
    .option("--mode <mode...>", `${modeNames.join(", ")}; the first two when left out`)
    .option(
      "--tools <names...>",
      "tools of the host in its agent runs, by the host's names (a,b); none when left out; agent for all that the agent has",
    )
    .option("--rpm <number>", "requests a minute")
    .option("--tpm <number>", "tokens a minute")
    .option("--concurrency <number>", "requests at once")
    .option("--budget <dollars>", "US dollars a day")
    .option("--expires <when>", "a duration from now (30d), or a date (2027-01-31)")
    .action(
      reporting(terminal, async (name: string, options: Options) => {
        const key = readNewKey(options);
        const text = await keys.create(name, key);
        return [...toolNotes(key), onlyOnce(text)].join("\n\n");
      }),
    );
}

/** The key on a line of its own, so that a script can take the last one. */
function onlyOnce(text: string): string {
  return `Keep this key, it is not shown again:\n${text}`;
}

/** What an operator should know before such a key is handed out. */
function toolNotes({ modes, tools }: NewKey): string[] {
  if (!modes.includes("agent") && tools === undefined) {
    return [];
  }
  if (tools === "agent") {
    return [
      "Careful: with `--tools agent`, whoever holds this key can have the agent use every tool that it has. With the host's " +
        "defaults that is reading and writing the gateway's files, its config and token among them, running commands, reading " +
        "other people's sessions, sending messages and scheduling jobs. Give it only to somebody who may do all of that, or " +
        "list single tools instead (`--tools memory_search,web_search`).",
    ];
  }
  return [
    `Agent runs of this key have ${tools === undefined || tools === "none" ? "none of the host's tools" : `these tools of the host: ${tools.join(", ")}`}. ` +
      "They need plugins.entries.passthrough.hooks.allowConversationAccess: true in the gateway's config, and are refused without it.",
  ];
}

/** @throws Error that says which option can't be read, and what is allowed. */
function readNewKey(options: Options): NewKey {
  const agents = texts(options["agent"])?.map((id) => id.toLowerCase());
  const models = texts(options["model"]);
  const tools = readTools(options["tools"]);
  const requestsPerMinute = readCount(options["rpm"], "--rpm");
  const tokensPerMinute = readCount(options["tpm"], "--tpm");
  const maxConcurrent = readCount(options["concurrency"], "--concurrency");
  const budgetUsdPerDay = readDollars(options["budget"]);
  const expiresAt = readExpiry(options["expires"]);
  return {
    modes: texts(options["mode"])?.map(readMode) ?? ["passthrough", "light"],
    ...(agents === undefined ? {} : { agents }),
    ...(models === undefined ? {} : { models }),
    ...(tools === undefined ? {} : { tools }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(budgetUsdPerDay === undefined ? {} : { budgetUsdPerDay }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}

function readMode(written: string) {
  const mode = modeNames.find((known) => known === written);
  if (mode === undefined) {
    throw new Error(`"${written}" is no mode: write ${modeNames.join(", ")}`);
  }
  return mode;
}

/** `none` and `agent` stand alone; names may be separated by commas or spaces. */
function readTools(value: unknown): NewKey["tools"] {
  const names = texts(value)?.flatMap((written) => written.split(",").filter(Boolean));
  if (names === undefined) {
    return undefined;
  }
  const [only] = names;
  if (names.length === 1 && (only === "none" || only === "agent")) {
    return only;
  }
  const wrong = names.find(
    (name) => !/^[A-Za-z0-9_-]{1,64}$/.test(name) || name === "none" || name === "agent",
  );
  if (names.length === 0 || wrong !== undefined) {
    throw new Error(
      `--tools has to be none, agent, or names of tools such as memory_search,web_search, and not "${wrong ?? ""}"`,
    );
  }
  return [...new Set(names)];
}

function readCount(value: unknown, option: string): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1 && count <= 1_000_000_000) {
    return count;
  }
  throw new Error(
    `${option} has to be a whole number from 1 to 1000000000, and not "${String(value)}"`,
  );
}

function readDollars(value: unknown): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const written = String(value).trim();
  const dollars = Number(written.replace(/(?:\s*USD)?(?:\/day)?$/i, "").replace(/^\$/, ""));
  if (Number.isFinite(dollars) && dollars > 0) {
    return dollars;
  }
  throw new Error(`--budget has to be dollars a day, such as 2.50, and not "${written}"`);
}

function readExpiry(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const written = String(value).trim();
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(written);
  const at = isDate ? Date.parse(written) : Date.now() + parseDuration(written);
  if (Number.isNaN(at) || at <= Date.now()) {
    throw new Error(
      `--expires has to be in the future: a duration such as 30d, or a date such as 2027-01-31`,
    );
  }
  return new Date(at).toISOString();
}
