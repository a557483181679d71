/** Detects what this host can do, once at start. docs/hosts.md lists the capabilities by version. */
import type { RunCapabilities } from "../agent/ports.ts";
import { optionalSdk } from "./optional-sdk.ts";

export interface HostCapabilities extends RunCapabilities {
  /** The host keeps sessions in memory. Without it they are on disk until the relay deletes them. */
  readonly memorySessions: boolean;
  /** The host can remove sessions together with their transcripts and trajectories. Pruning needs it. */
  readonly sessionCleanup: boolean;
}

/**
 * First version tested to honour a hook's result. An older host accepts the result and ignores it, so no export reveals
 * this. Untested versions before it count as unable.
 */
const provenSince = { trimmedRuns: [2026, 9, 6], toolLimits: [2026, 9, 6] } as const;

/** @param version the host's, such as `2026.9.6`. */
export function readCapabilities(version: string): HostCapabilities {
  const { isIncognitoSessionKey } = optionalSdk.routing();
  const { deleteSessionEntry } = optionalSdk.sessionStoreRuntime();
  return {
    trimmedRuns: isAtLeast(version, provenSince.trimmedRuns),
    toolLimits: isAtLeast(version, provenSince.toolLimits),
    memorySessions: isIncognitoSessionKey !== undefined && deleteSessionEntry !== undefined,
    sessionCleanup: canCleanUpSessions(),
  };
}

/** Whether the host's cleanup works on its database. Up to 2026.7.35 it works on stores that are JSON files. */
export function canCleanUpSessions(): boolean {
  const sdk = optionalSdk.sessionStoreRuntime();
  return (
    sdk.cleanupSessionLifecycleArtifacts !== undefined &&
    sdk.resolveSessionStoreBackupPaths !== undefined
  );
}

/** An unreadable version counts as older than any; a pre-release is older than its release. */
export function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const [, numbers = "", suffix = ""] = /^v?(\d+\.\d+\.\d+)(.*)$/.exec(version) ?? [];
  const parts = numbers.split(".").map(Number);
  const at = wanted.findIndex((part, index) => parts[index] !== part);
  return at < 0 ? !/^-(alpha|beta|rc)/.test(suffix) : (parts[at] ?? -1) > (wanted[at] ?? 0);
}
