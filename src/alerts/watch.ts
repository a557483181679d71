/** Turns what is found again and again into what is told once: that an alert fires, and that it is resolved. */
import type { AlertName, AlertSubject, Finding } from "./conditions.ts";

/** A change of an alert. */
interface AlertChange {
  readonly alert: AlertName;
  readonly state: "firing" | "resolved";
  readonly subject: AlertSubject;
  /** The last one that was found. */
  readonly value: number;
  readonly threshold: number;
}

export interface AlertWatch {
  /** @returns the changes since the last call. */
  take(findings: readonly Finding[]): readonly AlertChange[];
  /** Forgets all alerts: nobody listens. */
  clear(): void;
}

/** An alert is resolved when its condition has not held for this long: a circuit is half-open every ten seconds. */
export const clearAfterMs = 2 * 60_000;
/** Further alerts are not told until others are resolved. */
const maxFiring = 200;

/** @param now milliseconds from any origin, which never go back. */
export function createAlertWatch(now: () => number = () => performance.now()): AlertWatch {
  const firing = new Map<string, { finding: Finding; lastAtMs: number }>();
  return {
    take(findings) {
      const nowMs = now();
      const changes: AlertChange[] = [];
      for (const finding of findings) {
        const id = idOf(finding);
        const known = firing.get(id);
        if (known !== undefined) {
          known.finding = finding;
          known.lastAtMs = nowMs;
        } else if (firing.size < maxFiring) {
          firing.set(id, { finding, lastAtMs: nowMs });
          changes.push({ ...finding, state: "firing" });
        }
      }
      for (const [id, { finding, lastAtMs }] of firing) {
        if (nowMs - lastAtMs >= clearAfterMs) {
          firing.delete(id);
          changes.push({ ...finding, state: "resolved" });
        }
      }
      return changes;
    },
    clear: () => firing.clear(),
  };
}

function idOf({ alert, subject }: Finding): string {
  return JSON.stringify([alert, subject]);
}
