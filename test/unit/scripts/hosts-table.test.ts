/** The table of `npm run test:hosts`: a host that fails is a row that says so. */
import { expect, test } from "vitest";
import { readReport, withRows } from "../../../scripts/hosts-table.ts";

const capabilities = {
  trimmedRuns: false,
  toolLimits: true,
  memorySessions: false,
  sessionCleanup: true,
};
const one = (status: string, meta: object = {}) => ({ fullName: ` it ${status}`, status, meta });
const file = (status: string, ...assertionResults: ReturnType<typeof one>[]) => ({
  name: "/somewhere/test/e2e/relay.test.ts",
  status,
  message: "",
  assertionResults,
});
const page =
  "# Hosts\n\n<!-- versions -->\n\n| Version |\n| --- |\n| 2026.9.6 | old |\n| 2026.10.1 | kept |\n\n<!-- /versions -->\n\nMore.\n";

test("a report's cases are counted, and what failed is named", () => {
  const report = {
    testResults: [
      file("passed", one("passed", { host: { version: "2026.9.6", capabilities } }), one("passed")),
      file("failed", one("failed"), one("skipped")),
    ],
  };
  expect(readReport(report)).toEqual({
    passed: 2,
    skipped: 1,
    failed: ["it failed"],
    capabilities,
  });
});

test("a file without a case that failed, and a run without a file, are failures, too", () => {
  expect(readReport({ testResults: [file("failed", one("skipped"))] }).failed).toEqual([
    "relay.test.ts",
  ]);
  expect(readReport({ testResults: [] }).failed).toEqual(["no test ran"]);
});

test("a version's row is replaced, the others stay, the newest first", () => {
  const result = { version: "2026.9.6", dateIso: "2026-11-21", passed: 9, skipped: 2, failed: [] };
  const lines = withRows(page, [{ ...result, capabilities }]).split("\n");
  expect(lines.slice(6, 8)).toEqual([
    "| 2026.10.1 | kept |",
    "| 2026.9.6 | 2026-11-21 | 9 passed, 2 skipped | refused | yes | files, deleted | yes |",
  ]);
  expect([lines[0], lines.at(-2)]).toEqual(["# Hosts", "More."]);
});

test("a row names what failed, and a host that did not start claims nothing", () => {
  const broken = { version: "2026.5.28", dateIso: "2026-11-21", passed: 0, skipped: 0 };
  expect(withRows(page, [{ ...broken, failed: ["a | b", "c"] }])).toContain(
    String.raw`| 2026.5.28 | 2026-11-21 | 0 passed, **2 failed**: a \| b; c | not seen | not seen | not seen | not seen |`,
  );
});

test("a page without a place for the table is an error", () => {
  expect(() => withRows("# Hosts\n", [])).toThrow("<!-- versions -->");
});
