/** The table of versions in docs/hosts.md: what the tests saw of each host. */
import { marked, replaceMarked } from "./marked.ts";
import type { HostCapabilities } from "../src/host/capabilities.ts";

type Capabilities = Readonly<Record<keyof HostCapabilities, boolean>>;

/** What became of the tests on one version. */
export interface HostResult {
  readonly version: string;
  readonly dateIso: string;
  readonly passed: number;
  readonly skipped: number;
  /** Titles. */
  readonly failed: readonly string[];
  /** As the running gateway told them, and as the tests saw them; undefined when it did not start. */
  readonly capabilities?: Capabilities;
}

/** What is read of Vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta: { readonly host?: { readonly capabilities: Capabilities } };
    }[];
  }[];
}

export function readReport(report: Report): Omit<HostResult, "version" | "dateIso"> {
  const cases = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const titles = (status: string) =>
    cases.filter((one) => one.status === status).map(({ fullName }) => fullName.trim());
  // A file whose gateway did not start has no case that failed.
  const brokenFiles = report.testResults
    .filter(
      ({ status, assertionResults }) =>
        status === "failed" && assertionResults.every((one) => one.status !== "failed"),
    )
    .map(({ name }) => name.replace(/^.*\//, ""));
  const ran = report.testResults.length > 0 ? [] : ["no test ran"];
  const capabilities = cases.find(({ meta }) => meta.host !== undefined)?.meta.host?.capabilities;
  return {
    passed: titles("passed").length,
    skipped: titles("skipped").length,
    failed: [...titles("failed"), ...brokenFiles, ...ran],
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

/** What a host without the capability does instead. */
const without: Readonly<Record<keyof HostCapabilities, string>> = {
  trimmedRuns: "refused",
  toolLimits: "refused",
  memorySessions: "files, deleted",
  sessionCleanup: "refused",
};
const names = Object.keys(without) as (keyof HostCapabilities)[];
const heading = [
  `| Version | Tried | Cases | ${names.map((name) => `\`${name}\``).join(" | ")} |`,
  `| ${["---", "---", "---", ...names.map(() => "---")].join(" | ")} |`,
];

function row({ version, dateIso, passed, skipped, failed, capabilities }: HostResult): string {
  const cases = [
    `${passed} passed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed.length > 0
      ? [`**${failed.length} failed**: ${failed.join("; ").replaceAll("|", "\\|")}`]
      : []),
  ].join(", ");
  const seen = names.map((name) =>
    capabilities === undefined ? "not seen" : capabilities[name] ? "yes" : without[name],
  );
  return `| ${[version, dateIso, cases, ...seen].join(" | ")} |`;
}

const versionOf = (line: string) => line.split("|")[1]?.trim() ?? "";

/**
 * Replaces the rows of these versions in the page's table and keeps the others, the newest version first.
 * @throws Error when the page has no place for the table.
 */
export function withRows(page: string, results: readonly HostResult[]): string {
  const kept = marked(page, "versions")
    .inside.split("\n")
    .filter((line) => /^\| *\d/.test(line));
  const rows = new Map([...kept, ...results.map(row)].map((line) => [versionOf(line), line]));
  const newestFirst = [...rows.keys()].toSorted((a, b) =>
    b.localeCompare(a, "en", { numeric: true }),
  );
  const lines = [...heading, ...newestFirst.map((version) => rows.get(version))];
  return replaceMarked(page, "versions", lines.join("\n"));
}
