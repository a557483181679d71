/** Every check and every test, in the order in which they fail fastest. `npm test` and CI run this. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "openclaw-passthrough-check-"));
const report = join(scratch, "tests.json");

/** Scripts of package.json and their arguments. */
const checks: readonly (readonly [script: string, ...args: string[]])[] = [
  ["check:lock"],
  ["check:format"],
  ["check:lint"],
  ["check:types"],
  ["check:dead-code"],
  ["build"],
  ["check:package"],
  ["check:tests", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
];

function run(script: string, args: readonly string[]): boolean {
  const startedAtMs = Date.now();
  console.log(`\n=== ${script}`);
  const { status } = spawnSync("npm", ["run", "--silent", script, "--", ...args], {
    stdio: "inherit",
  });
  const outcome = status === 0 ? "ok" : "FAILED";
  console.log(`=== ${script}: ${outcome} after ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
  return status === 0;
}

/** What is read of Vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly meta: { readonly leftOut?: string } }[];
  }[];
}

/** A line for each test that this machine could not run, and the closing line, which CI looks for. */
function summary(): string {
  try {
    const { numPassedTests, numFailedTests, testResults }: Report = JSON.parse(
      readFileSync(report, "utf8"),
    );
    const leftOut = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .flatMap(({ meta }) => (meta.leftOut === undefined ? [] : [`Left out: ${meta.leftOut}\n`]));
    return `${leftOut.join("")}${numPassedTests} passed, ${numFailedTests} failed`;
  } catch {
    return "0 passed, 0 failed";
  }
}

const failed = checks.find(([script, ...args]) => !run(script, args));
console.log(`\n${summary()}`);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = failed === undefined ? 0 : 1;
