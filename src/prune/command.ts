/** `openclaw passthrough sessions prune`: lists and removes one-shot sessions. */
import { type OneShotKind, oneShotKinds } from "./one-shot.ts";
import {
  addGroup,
  type CommandSpec,
  type GroupAction,
  type Options,
  type Subcommand,
} from "../control/cli.ts";
import { parseDuration } from "../control/duration.ts";
import type { Prune } from "./prune.ts";
import type { PruneRequest } from "./contract.ts";
import { describePrune } from "./describe.ts";
import { UsageError } from "../control/usage-error.ts";

/** @param action what `openclaw passthrough sessions` does without a subcommand. */
export function createSessionsCommand(prune: Prune, action: GroupAction): Subcommand {
  return (root, terminal) =>
    addGroup(
      root,
      {
        name: "sessions",
        text: "Sessions in memory, and those that the gateway has stored",
        action,
        commands: [pruneCommand(prune)],
      },
      terminal,
    );
}

function pruneCommand(prune: Prune): CommandSpec {
  return {
    usage: "prune",
    text: "Remove one-shot sessions, which no other call will use",
    options: [
      { flags: "--kind <kind>", text: `${oneShotKinds.join(" or ")}; default: both` },
      {
        flags: "--older-than <duration>",
        text: "only sessions unused for this long (ms, s, m, h, d)",
        standard: "24h",
      },
      { flags: "--dry-run", text: "show what would be removed, but remove nothing" },
    ],
    async run(_operands, options) {
      const report = await prune(readOptions(options));
      return { text: describePrune(report), json: report };
    },
  };
}

/** @throws UsageError, which names the invalid option and says what is allowed. */
function readOptions(options: Options): PruneRequest {
  const ttlMs = parseDuration(String(options["olderThan"]));
  const kinds = options["kind"] === undefined ? oneShotKinds : [readKind(options["kind"])];
  return {
    ttlsMs: Object.fromEntries(kinds.map((kind) => [kind, ttlMs])),
    dryRun: options["dryRun"] === true,
  };
}

function readKind(option: unknown): OneShotKind {
  const written = String(option);
  const kind = oneShotKinds.find((known) => known === written);
  if (kind === undefined) {
    throw new UsageError(`"${written}" is not a kind of session: use ${oneShotKinds.join(" or ")}`);
  }
  return kind;
}
