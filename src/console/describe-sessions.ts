/** Formats the sessions in memory. Pure. */
import { table } from "../control/table.ts";
import type { RelayStatus } from "./ask.ts";
import type { Screen } from "./screen.ts";
import { bytes, count } from "../control/units.ts";

/** @returns lines without a final line feed. */
export function describeSessions(
  { sessions, agentSessions }: Pick<RelayStatus, "sessions" | "agentSessions">,
  { width, paint }: Screen,
): string {
  const [header = "", ...rows] = table(
    [
      ["in memory", "sessions", "size", "evicted (too many)", "expired"],
      ...(
        [
          ["conversations (sessions)", sessions],
          ["agent runs (agentSessions)", agentSessions],
        ] as const
      ).map(([label, stats]) => [
        label,
        count(stats.sessions),
        bytes(stats.bytes),
        count(stats.evictions),
        count(stats.expiries),
      ]),
    ],
    { width },
  );
  return [
    paint("dim", header),
    ...rows,
    "Evicted and expired: since the limits of the memory were last changed.",
    "`openclaw passthrough sessions prune` removes one-shot sessions on disk.",
  ].join("\n");
}
