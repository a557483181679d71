/** Runs once before all end-to-end tests: builds and packs the plugin, and installs it with the host's own command. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { compileCacheVariable, scratchFolder } from "../support/gateway.ts";
import { installPlugin, packPlugin } from "../support/install.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A state folder with the plugin installed; gateways start from a copy of it. */
    readonly installedState: string;
    /** The packed plugin. */
    readonly tarball: string;
  }
  interface TaskMeta {
    /** What a skipped test would have looked at, and why it could not. */
    leftOut?: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await scratchFolder("install");
  process.env[compileCacheVariable] ??= join(folder, "compile-cache");
  // A run within a run has the tarball of the outer one.
  const tarball = process.env["PASSTHROUGH_TEST_TARBALL"] ?? (await packPlugin(folder));
  await installPlugin(folder, tarball);
  project.provide("tarball", tarball);
  project.provide("installedState", join(folder, "state"));
  // A gateway that ends writes its compiled code.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
