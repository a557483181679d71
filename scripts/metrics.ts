/** The tables of docs/metrics.md, generated from the metrics' definitions. `node scripts/metrics.ts` writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { definitions, type MetricDefinition } from "../src/metrics/definitions.ts";
import { droppedSeries } from "../src/metrics/open-metrics.ts";
import { replaceMarked } from "./marked.ts";

/** Everything that is known of a metric without its values. */
type Described = Omit<MetricDefinition, "collect">;

export const allMetrics: readonly Described[] = [...definitions, droppedSeries];

/** As queries name it: `_total` belongs to a counter's name, `_info` to an info's. */
export function queriedName({ name, type }: Described): string {
  return name + ({ counter: "_total", gauge: "", histogram: "", info: "_info" } as const)[type];
}

function row(metric: Described): string {
  const { type, labels, help } = metric;
  const names = labels.map((label) => `\`${label}\``).join(", ");
  return `| \`${queriedName(metric)}\` | ${type} | ${names || "none"} | ${help.replaceAll("|", "\\|")} |`;
}

function table(metrics: readonly Described[]): string {
  return [
    "| Metric | Type | Labels | Meaning |",
    "| --- | --- | --- | --- |",
    ...metrics.map(row),
  ].join("\n");
}

function bucketTable(): string {
  const rows = allMetrics.flatMap(({ name, convention, boundsMs }) =>
    boundsMs === undefined
      ? []
      : [
          `| \`${name}\` | ${convention === undefined ? "the relay's own" : `\`${convention}\``} | ${boundsMs.map((ms) => ms / 1000).join(", ")} |`,
        ],
  );
  return [
    "| Histogram | Convention | Upper bounds in seconds |",
    "| --- | --- | --- |",
    ...rows,
  ].join("\n");
}

export const metricsFile = new URL("../docs/metrics.md", import.meta.url);

function isConvention({ name }: Described): boolean {
  return name.startsWith("gen_ai_");
}

/** The page with the tables between their marks. */
export function withMetricTables(page: string): string {
  const others = allMetrics.filter((metric) => !isConvention(metric));
  const withConventions = replaceMarked(page, "gen-ai", table(allMetrics.filter(isConvention)));
  return replaceMarked(
    replaceMarked(withConventions, "passthrough", table(others)),
    "buckets",
    bucketTable(),
  );
}

if (import.meta.main) {
  const page = readFileSync(metricsFile, "utf8");
  writeFileSync(metricsFile, withMetricTables(page));
}
