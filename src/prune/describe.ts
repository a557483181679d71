/** Formats a prune's report for the terminal. */
import { ages } from "./one-shot.ts";
import type { KindReport, PruneReport } from "./contract.ts";
import { table } from "../control/table.ts";

/** @returns lines without a final line feed. */
export function describePrune(report: PruneReport): string {
  const header = ["kind", ...ages, "sessions", "bytes"];
  const rows = report.kinds.map((kind) => [
    kind.kind,
    ...ages.map((age) => String(kind.ages[age])),
    String(kind.sessions),
    kind.bytes === null ? "unknown" : String(kind.bytes),
  ]);
  return [
    report.dryRun ? "Would remove, by time since last use:" : "Removed, by time since last use:",
    ...table([header, ...rows]),
    ...report.kinds.flatMap(describeKept),
    ...(report.dryRun ? ["Nothing was removed (--dry-run)."] : []),
  ].join("\n");
}

const keptBecause: Readonly<Record<keyof KindReport["kept"], string>> = {
  recent: "used too recently",
  running: "with a run in progress",
  pinned: "pinned",
  named: "named",
  held: "archived by hand, locked or bound to a channel",
  changed: "changed meanwhile",
  refused: "refused by the host",
};

function describeKept(report: KindReport): string[] {
  const reasons = Object.entries(keptBecause).flatMap(([reason, words]) => {
    const kept = report.kept[reason as keyof KindReport["kept"]];
    return kept > 0 ? [`${kept} ${words}`] : [];
  });
  return [
    ...(reasons.length > 0 ? [`${report.kind}, kept: ${reasons.join(", ")}`] : []),
    ...(report.refusal === null ? [] : [`The host's last refusal: ${report.refusal}`]),
  ];
}
