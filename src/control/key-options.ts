/** Settings of a virtual key as command-line options, one row each. */
import { modeNames, toolNamePattern } from "../config/schema.ts";
import type { CommandOption, Options } from "./cli.ts";
import { parseDuration } from "./duration.ts";
import type { KeyChange } from "./keys.ts";
import { UsageError } from "./usage-error.ts";

interface KeyOption extends CommandOption {
  /** @throws UsageError, which says what is allowed. */
  readonly read: (written: readonly string[]) => KeyChange;
}

/** A new key's default modes first, because the help text refers to them as the first two. */
const keyModes = modeNames.toReversed();
const toolName = new RegExp(toolNamePattern);

/** For `keys create` only: an existing key keeps its purpose. */
export const purposeOptions: readonly KeyOption[] = [
  {
    flags: "--metrics",
    text: "a key that reads GET /passthrough/metrics and nothing else; goes only with --expires",
    read: () => ({ metrics: true }),
  },
];

/** For `keys create` and `keys update`. The value `none` removes a limit. */
export const keyOptions: readonly KeyOption[] = [
  {
    flags: "--agent <id...>",
    text: "agents that the key may use; default: all",
    read: (ids) => ({ agents: ids.map((id) => id.toLowerCase()) }),
  },
  {
    flags: "--model <pattern...>",
    text: "models that the key may use, as patterns on provider/model; default: its agents' models",
    read: (models) => ({ models: [...models] }),
  },
  {
    flags: "--mode <mode...>",
    text: `${keyModes.join(", ")}; default: the first two`,
    read: (modes) => ({ modes: modes.map(readMode) }),
  },
  {
    flags: "--tools <names...>",
    text: "the host's tools in its agent runs, by name (a,b); none (the default); or agent for all of the agent's tools",
    read: (names) => ({ tools: readTools(names) }),
  },
  {
    flags: "--rpm <number>",
    text: "requests per minute, or none for no limit",
    read: (written) => ({ requestsPerMinute: readCount(written, "--rpm") }),
  },
  {
    flags: "--tpm <number>",
    text: "tokens per minute, or none",
    read: (written) => ({ tokensPerMinute: readCount(written, "--tpm") }),
  },
  {
    flags: "--concurrency <number>",
    text: "concurrent requests, or none",
    read: (written) => ({ maxConcurrent: readCount(written, "--concurrency") }),
  },
  {
    flags: "--budget <dollars>",
    text: "US dollars per day (2.50) or per month (20/month), once for each; none, none/day or none/month removes it",
    repeats: true,
    read: readBudgets,
  },
  {
    flags: "--expires <when>",
    text: "a duration from now (30d), a date (2027-01-31), or none",
    read: (written) => ({ expiresAt: readExpiry(written) }),
  },
];

/** For `keys update` only: resets a list to what `keys create` sets without its option. */
export const wideningOptions: readonly KeyOption[] = [
  {
    flags: "--all-agents",
    text: "allow all agents again",
    read: () => ({ agents: null }),
  },
  {
    flags: "--agents-models",
    text: "allow its agents' models again, and none by name",
    read: () => ({ models: null }),
  },
];

/** @throws UsageError for an invalid value, or for two options that set the same field. */
export function readKeyOptions(table: readonly KeyOption[], options: Options): KeyChange {
  const change: KeyChange = {};
  for (const { flags, read } of table) {
    const value = options[memberName(flags)];
    if (value !== undefined) {
      const next = read((Array.isArray(value) ? value : [value]).map(String));
      const twice = Object.keys(next).find((field) => Object.hasOwn(change, field));
      if (twice !== undefined) {
        throw new UsageError(
          `${nameOf(flags)} conflicts with another option: both set \`${twice}\``,
        );
      }
      Object.assign(change, next);
    }
  }
  return change;
}

/** `--all-agents` */
function nameOf(flags: string): string {
  return flags.split(" ", 1)[0] ?? "";
}

/** `allAgents`: Commander's name for the option's value. */
function memberName(flags: string): string {
  return nameOf(flags)
    .slice(2)
    .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function readMode(written: string) {
  const mode = keyModes.find((known) => known === written);
  if (mode === undefined) {
    throw new UsageError(`"${written}" is not a mode: use ${keyModes.join(", ")}`);
  }
  return mode;
}

/** `none` and `agent` must stand alone; tool names may be separated by commas or spaces. */
function readTools(written: readonly string[]): "none" | "agent" | string[] {
  const names = written.flatMap((part) => part.split(",").filter(Boolean));
  const [only] = names;
  if (names.length === 1 && (only === "none" || only === "agent")) {
    return only;
  }
  const wrong = names.find((name) => !toolName.test(name) || name === "none" || name === "agent");
  if (names.length === 0 || wrong !== undefined) {
    throw new UsageError(
      `--tools must be none, agent, or tool names such as memory_search,web_search, not "${wrong ?? ""}"`,
    );
  }
  return [...new Set(names)];
}

function readCount([written = ""]: readonly string[], option: string): number | null {
  if (written === "none") {
    return null;
  }
  const count = Number(written);
  if (Number.isSafeInteger(count) && count >= 1 && count <= 1_000_000_000) {
    return count;
  }
  throw new UsageError(
    `${option} must be a whole number from 1 to 1000000000, or none, not "${written}"`,
  );
}

const budgetFields = { day: "budgetUsdPerDay", month: "budgetUsdPerMonth" } as const;

function readBudgets(written: readonly string[]): KeyChange {
  if (written.length === 1 && written[0] === "none") {
    return { budgetUsdPerDay: null, budgetUsdPerMonth: null };
  }
  const budgets = written.map(readBudget);
  const periods = new Set(budgets.map(({ period }) => period));
  if (periods.size < budgets.length) {
    throw new UsageError("--budget may be given once per day and once per month");
  }
  return Object.fromEntries(budgets.map(({ period, usd }) => [budgetFields[period], usd]));
}

/** @param written such as `2.50`, `$20/month`, `2 USD/day` or `none/month`. */
function readBudget(written: string): { period: "day" | "month"; usd: number | null } {
  const [, amount = "", period = "day"] =
    /^(?:\$\s*)?(none|\d+(?:\.\d*)?|\.\d+)(?:\s*USD)?(?:\/(day|month))?$/i.exec(written.trim()) ??
    [];
  const usd = amount.toLowerCase() === "none" ? null : Number(amount);
  if (amount === "" || (usd !== null && !(Number.isFinite(usd) && usd > 0))) {
    throw new UsageError(
      `--budget must be dollars per day or per month, such as 2.50 or 20/month, not "${written}"`,
    );
  }
  return { period: period.toLowerCase() === "month" ? "month" : "day", usd };
}

function readExpiry([written = ""]: readonly string[]): string | null {
  const when = written.trim();
  if (when === "none") {
    return null;
  }
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(when);
  const at = isDate ? Date.parse(when) : Date.now() + parseDuration(when);
  if (Number.isNaN(at) || at <= Date.now()) {
    throw new UsageError(
      "--expires must be in the future: a duration such as 30d, or a date such as 2027-01-31",
    );
  }
  return new Date(at).toISOString();
}
