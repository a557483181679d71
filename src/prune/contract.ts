/**
 * A prune's request and report, between command line and gateway and for `--json`. Scripts rely on the field names.
 */
import { type Static, Type } from "@sinclair/typebox";
import { ages, oneShotKinds, reasonsToKeep } from "./one-shot.ts";

/** The gateway's RPC method that prunes. */
export const pruneMethod = "passthrough.sessions.prune";

const count = Type.Integer({ minimum: 0 });
const ttlMs = Type.Integer({ minimum: 1 });
const kind = Type.Union(oneShotKinds.map((name) => Type.Literal(name)));
/** An object with a count for each name. */
const countBy = <K extends string>(names: readonly K[]) =>
  Type.Object(Object.fromEntries(names.map((name) => [name, count])) as Record<K, typeof count>);

export const pruneRequestSchema = Type.Object(
  {
    /** By kind. A kind that is left out is not pruned. */
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
  /** Removed sessions; in a dry run, those that would be removed. */
  sessions: count,
  /** Size of their entries, transcripts and trajectories; null if the database could not be measured. */
  bytes: Type.Union([count, Type.Null()]),
  /** The same sessions, by the time since their last use. */
  ages: countBy(ages),
  /**
   * Sessions of this kind that stay, by reason. `changed`: used during the prune. `refused`: the host refused to remove it,
   * usually because a run began in it.
   */
  kept: countBy([...reasonsToKeep, "changed", "refused"]),
  /** The host's message for its last refusal. */
  refusal: Type.Union([Type.String(), Type.Null()]),
});
export const pruneReportSchema = Type.Object({
  dryRun: Type.Boolean(),
  kinds: Type.Array(kindReportSchema),
});
export type KindReport = Static<typeof kindReportSchema>;
export type PruneReport = Static<typeof pruneReportSchema>;
