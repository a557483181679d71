/** `openclaw passthrough sessions prune`: one-shot sessions, shown and removed by hand. */
import { type OneShotKind, oneShotKinds } from "../sessions/one-shot.ts";
import { type Options, reporting, type Subcommand } from "./cli.ts";
import { parseDuration } from "./duration.ts";
import type { Prune } from "./prune.ts";
import type { PruneRequest } from "./prune-contract.ts";
import { describePrune } from "./describe-prune.ts";

export function createSessionsCommand(prune: Prune): Subcommand {
  return (root, terminal) => {
    root
      .command("sessions")
      .description("Sessions that the gateway has on disk")
      .command("prune")
      .description("Remove sessions that one call made and no other will use")
      .option("--kind <kind>", `${oneShotKinds.join(" or ")}; both when left out`)
      .option("--older-than <duration>", "not used for so long (ms, s, m, h, d)", "24h")
      .option("--dry-run", "show what would be removed, and remove nothing")
      .option("--json", "print the result as JSON")
      .action(
        reporting(terminal, async (options: Options) => {
          const report = await prune(readOptions(options));
          return options["json"] === true ? JSON.stringify(report, null, 2) : describePrune(report);
        }),
      );
  };
}

/** @throws Error that says which option can't be read, and what is allowed. */
function readOptions(options: Options): PruneRequest {
  const ttlMs = parseDuration(String(options["olderThan"]));
  const kinds = options["kind"] === undefined ? oneShotKinds : [readKind(String(options["kind"]))];
  return {
    ttlsMs: Object.fromEntries(kinds.map((kind) => [kind, ttlMs])),
    dryRun: options["dryRun"] === true,
  };
}

function readKind(written: string): OneShotKind {
  const kind = oneShotKinds.find((known) => known === written);
  if (kind === undefined) {
    throw new Error(`"${written}" is no kind of session: write ${oneShotKinds.join(" or ")}`);
  }
  return kind;
}
