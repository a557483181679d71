/** The core cases on the oldest host that is supported, beside those on the newest: hosts.test.ts in a run of its own. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { installHost, isInstalled, isRegistryThere, oldestVersion } from "../support/hosts.ts";

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));

test(`the core cases hold on OpenClaw ${oldestVersion}`, async ({ skip, task }) => {
  if (!(await isInstalled(oldestVersion)) && !(await isRegistryThere())) {
    task.meta.leftOut = `the core cases on OpenClaw ${oldestVersion}: npm's registry does not answer`;
    skip(task.meta.leftOut);
  }
  const host = await installHost(oldestVersion);
  const scratch = await mkdtemp(join(tmpdir(), "openclaw-passthrough-oldest-"));
  const report = join(scratch, "report.json");
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const printed = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [
        join(projectFolder, "node_modules", "vitest", "vitest.mjs"),
        "run",
        "--project=e2e",
        "test/e2e/hosts.test.ts",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
      ],
      {
        cwd: projectFolder,
        env: {
          ...Object.fromEntries(own),
          PASSTHROUGH_TEST_HOST: host,
          PASSTHROUGH_TEST_TARBALL: inject("tarball"),
        },
      },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  const { numPassedTests = 0, success = false } = JSON.parse(
    await readFile(report, "utf8").catch(() => "{}"),
  );
  await rm(scratch, { recursive: true });
  expect(success ? "passed" : printed).toBe("passed");
  expect(numPassedTests).toBeGreaterThan(8);
}, 600_000);
