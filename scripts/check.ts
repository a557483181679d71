/** Every check and every test, in the order in which they fail fastest. `npm test` and CI run this. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "openclaw-passthrough-check-"));
const report = join(scratch, "tests.json");

const checks: readonly (readonly [title: string, command: string])[] = [
  ["format", "oxfmt --check ."],
  ["lint", "oxlint --deny-warnings"],
  ["types", "tsc"],
  ["dead code", "knip"],
  ["build", "tsup --silent"],
  ["package", "publint --strict"],
  ["tests", `vitest run --reporter=default --reporter=json --outputFile.json=${report}`],
];

function run(title: string, command: string): boolean {
  const startedAt = Date.now();
  console.log(`\n=== ${title}: ${command.split(" --outputFile", 1)[0]}`);
  const { status } = spawnSync("npx", ["--no-install", ...command.split(" ")], {
    stdio: "inherit",
  });
  console.log(
    `=== ${title}: ${status === 0 ? "ok" : "FAILED"} after ${Math.round((Date.now() - startedAt) / 1000)} s`,
  );
  return status === 0;
}

/** The closing line, which CI looks for. */
function summary(): string {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
    return `${numPassedTests} passed, ${numFailedTests} failed`;
  } catch {
    return "0 passed, 0 failed";
  }
}

const failed = checks.find(([title, command]) => !run(title, command));
console.log(`\n${summary()}`);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = failed === undefined ? 0 : 1;
