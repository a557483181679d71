/** What the host under test can do, by its version: docs/hosts.md. */
import type { TestOptions } from "vitest";
import type { HostCapabilities } from "../../src/host/capabilities.ts";
import { isHostAtLeast } from "./gateway.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The capability without which a test is skipped. */
    needs?: string;
    /** What a running gateway said of its host. */
    host?: { readonly version: string; readonly capabilities: HostCapabilities };
  }
}

export const hostCan: HostCapabilities = {
  trimmedRuns: isHostAtLeast("2026.9.6"),
  toolLimits: isHostAtLeast("2026.9.6"),
  memorySessions: isHostAtLeast("2026.8.2"),
  sessionCleanup: isHostAtLeast("2026.8.2"),
};

/** Options of a test or a suite that a host without the capability skips. */
export function needs(capability: keyof HostCapabilities): TestOptions {
  return { skip: !hostCan[capability], meta: { needs: capability } };
}

/** Options of a test or a suite about hosts without the capability. */
export function needsNo(capability: keyof HostCapabilities): TestOptions {
  return { skip: hostCan[capability], meta: { needs: `no ${capability}` } };
}
