/** scripts/with-node.mjs on a machine without access to a registry. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../../scripts/with-node.mjs", import.meta.url));

test("reports in one sentence that npm could not reach its registry", async () => {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-passthrough-with-node-"));
  const dependency = { version: "1.0.0", resolved: "http://127.0.0.1:1/none.tgz" };
  const project = { name: "project", version: "1.0.0", dependencies: { none: "1.0.0" } };
  const lock = { lockfileVersion: 3, packages: { "": project, "node_modules/none": dependency } };
  await mkdir(join(folder, "scripts"));
  await copyFile(script, join(folder, "scripts", "with-node.mjs"));
  await writeFile(join(folder, "package.json"), JSON.stringify(project));
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ ...project, ...lock }));
  await writeFile(
    join(folder, ".npmrc"),
    "registry=http://127.0.0.1:1/\nfetch-retries=0\ncache=.npm-cache\n",
  );

  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(folder, "scripts", "with-node.mjs"), "scripts/any.ts"],
      // As under `npm run --silent`.
      { env: { ...process.env, npm_config_loglevel: "silent" } },
      (error, _stdout, printed) => resolve({ code: error?.code, stderr: printed }),
    );
  });

  expect(code).toBe(1);
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/^Installing packages.* failed$/),
    expect.stringMatching(/^npm could not reach its registry \(ECONNREFUSED\): check .*\.$/),
  ]);
  await rm(folder, { recursive: true });
});
