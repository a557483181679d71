/** What this host can do, read once at start. docs/hosts.md shows it for each version. */
import type { RunCapabilities } from "../agent/ports.ts";
import { optionalSdk } from "./optional-sdk.ts";

export interface HostCapabilities extends RunCapabilities {
  /** Sessions in memory. Without it they are on disk, and are deleted where they would have been let go. */
  readonly memorySessions: boolean;
  /** Sessions can be removed with transcripts and trajectories, which pruning does. */
  readonly sessionCleanup: boolean;
}

/**
 * What no export tells, because the host takes the plugin's answer and ignores it: the first version that was seen to do it. A version
 * in between that nobody has tried counts as one that can't.
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

/** The cleanup of 2026.7.35 and older is another one, for stores that are JSON files. */
export function canCleanUpSessions(): boolean {
  const sdk = optionalSdk.sessionStoreRuntime();
  return (
    sdk.cleanupSessionLifecycleArtifacts !== undefined &&
    sdk.resolveSessionStoreBackupPaths !== undefined
  );
}

/** A version that can't be read is older than any; a pre-release is older than its release. */
function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const [, numbers = "", suffix = ""] = /^v?(\d+\.\d+\.\d+)(.*)$/.exec(version) ?? [];
  const parts = numbers.split(".").map(Number);
  const at = wanted.findIndex((part, index) => parts[index] !== part);
  return at < 0 ? !/^-(alpha|beta|rc)/.test(suffix) : (parts[at] ?? -1) > (wanted[at] ?? 0);
}
