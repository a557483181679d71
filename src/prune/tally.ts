/** Counts a prune's results, by kind of session. */
import { ageOf, type OneShot, oneShotKinds } from "./one-shot.ts";
import type { KindReport, PruneReport, PruneRequest } from "./contract.ts";

export interface PruneTally {
  /**
   * Counts a session that stays.
   * @param refusal the host's message, if it refused to remove the session.
   */
  keep(oneShot: OneShot, reason: keyof KindReport["kept"], refusal?: string): void;
  /** Counts a removed session. @param bytes undefined if they could not be measured. */
  remove(oneShot: OneShot, bytes: number | undefined): void;
  report(): PruneReport;
}

/** @param nowMs when the prune began, in milliseconds since the epoch. */
export function createPruneTally(request: PruneRequest, nowMs: number): PruneTally {
  const reports = new Map<string, KindReport>();
  for (const kind of oneShotKinds) {
    const ttlMs = request.ttlsMs[kind];
    if (ttlMs !== undefined) {
      reports.set(kind, emptyReport(kind, ttlMs));
    }
  }
  const change = (oneShot: OneShot, add: (report: KindReport) => void) => {
    const report = reports.get(oneShot.kind);
    if (report !== undefined) {
      add(report);
    }
  };
  return {
    keep: (oneShot, reason, refusal) =>
      change(oneShot, (report) => {
        report.kept[reason] += 1;
        report.refusal = refusal ?? report.refusal;
      }),
    remove: (oneShot, bytes) =>
      change(oneShot, (report) => {
        report.sessions += 1;
        report.bytes = bytes === undefined || report.bytes === null ? null : report.bytes + bytes;
        report.ages[ageOf(nowMs - oneShot.session.lastUsedAtMs)] += 1;
      }),
    report: () => ({ dryRun: request.dryRun, kinds: [...reports.values()] }),
  };
}

function emptyReport(kind: KindReport["kind"], ttlMs: number): KindReport {
  return {
    kind,
    ttlMs,
    sessions: 0,
    bytes: 0,
    ages: { "under-1d": 0, "1d-7d": 0, "7d-30d": 0, "over-30d": 0 },
    kept: { running: 0, pinned: 0, named: 0, held: 0, recent: 0, changed: 0, refused: 0 },
    refusal: null,
  };
}
