/**
 * The end-to-end tests on each supported version of the host, and their results in docs/hosts.md. `npm run test:hosts`, with versions
 * as arguments for these only.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installHost, testedVersions } from "../test/support/hosts.ts";
import { type HostResult, readReport, withRows } from "./hosts-table.ts";

/**
 * In test/e2e. Each of them holds on every host; a case that needs more than some hosts have names the capability. The others are about the
 * newest host: what its core answers, keeps on disk and does at its end.
 */
const files = [
  "automation",
  "failover",
  "hosts",
  "keys-host",
  "light",
  "openai-client",
  "openai-errors",
  "refusals",
  "relay",
  "resilience",
  "sessions",
];
const page = new URL("../docs/hosts.md", import.meta.url);

async function tryVersion(version: string, report: string): Promise<HostResult> {
  const dateIso = new Date().toISOString().slice(0, 10);
  try {
    const host = await installHost(version);
    spawnSync(
      join("node_modules", ".bin", "vitest"),
      [
        "run",
        "--project=e2e",
        ...files.map((name) => `test/e2e/${name}.test.ts`),
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
      ],
      { stdio: "inherit", env: { ...process.env, PASSTHROUGH_TEST_HOST: host } },
    );
    return { version, dateIso, ...readReport(JSON.parse(readFileSync(report, "utf8"))) };
  } catch (error) {
    console.error(error);
    return { version, dateIso, passed: 0, skipped: 0, failed: ["it could not be tried"] };
  }
}

const wanted = process.argv.slice(2);
const versions = wanted.length === 0 ? testedVersions : wanted;
const scratch = mkdtempSync(join(tmpdir(), "openclaw-passthrough-hosts-"));
const results: HostResult[] = [];
for (const version of versions) {
  console.log(`\n=== OpenClaw ${version}`);
  const result = await tryVersion(version, join(scratch, `${version}.json`));
  results.push(result);
  writeFileSync(page, withRows(readFileSync(page, "utf8"), [result]));
}
rmSync(scratch, { recursive: true, force: true });
spawnSync(join("node_modules", ".bin", "oxfmt"), ["docs/hosts.md"], { stdio: "inherit" });
console.log();
for (const { version, passed, failed, skipped } of results) {
  console.log(`${version}: ${passed} passed, ${failed.length} failed, ${skipped} skipped`);
  for (const title of failed) {
    console.log(`  failed: ${title}`);
  }
}
process.exitCode = results.every(({ failed }) => failed.length === 0) ? 0 : 1;
