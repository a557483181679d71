/**
 * What is asked of a prune and what it tells: between the command line and the gateway, and for `--json`. The names in
 * it are read by scripts.
 */
import { type Static, Type } from "@sinclair/typebox";
import { ages, oneShotKinds, reasonsToKeep } from "./one-shot.ts";

/** The gateway's method that prunes. */
export const pruneMethod = "passthrough.sessions.prune";

const count = Type.Integer({ minimum: 0 });
const ttlMs = Type.Integer({ minimum: 1 });
const kind = Type.Union(oneShotKinds.map((name) => Type.Literal(name)));
/** A number for each name. */
const countBy = <K extends string>(names: readonly K[]) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, count])) as Record<K, typeof count>);

export const pruneRequestSchema = Type.Object(
  {
    /** By kind; a kind that is left out is left alone. */
    ttlsMs: Type.Partial(Type.Object({ "model-run": ttlMs, "http-one-shot": ttlMs }), {
      additionalProperties: false,
    }),
    dryRun: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type PruneRequest = Readonly<Static<typeof pruneRequestSchema>>;

const kindReportSchema = Type.Object({
  kind,
  ttlMs,
  /** That are gone; in a dry run, that would go. */
  sessions: count,
  /** Of their entries, transcripts and trajectories; null where the database could not be measured. */
  bytes: Type.Union([count, Type.Null()]),
  /** The same sessions by the time since their last use. */
  ages: countBy(ages),
  /**
   * Sessions of this kind that stay, by the reason. `changed`: used while the prune was at work. `refused`: the host would
   * not remove it, mostly because a run began in it.
   */
  kept: countBy([...reasonsToKeep, "changed", "refused"]),
  /** The host's words for the last one that it refused. */
  refusal: Type.Union([Type.String(), Type.Null()]),
});
export const pruneReportSchema = Type.Object({
  dryRun: Type.Boolean(),
  kinds: Type.Array(kindReportSchema),
});
export type KindReport = Static<typeof kindReportSchema>;
export type PruneReport = Static<typeof pruneReportSchema>;
