/** The dashboard and the alert rules ask only for metrics and labels that exist. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dashboard, dashboardFile, dashboardJson } from "../../../scripts/dashboard.ts";
import { allMetrics, queriedName } from "../../../scripts/metrics.ts";

const labelsOf = new Map(
  allMetrics.flatMap((metric) => {
    const name = queriedName(metric);
    return metric.type === "histogram"
      ? ["_bucket", "_sum", "_count"].map((end) => [name + end, [...metric.labels, "le"]] as const)
      : [[name, metric.labels] as const];
  }),
);
const allLabels = new Set(allMetrics.flatMap(({ labels }) => labels));

/** Names of metrics and labels in an expression that do not exist, or not together. */
function strangersIn(expression: string): readonly string[] {
  const metrics = [...expression.matchAll(/\b(?:gen_ai|passthrough)_[a-z_]+/g)]
    .map(([name]) => name)
    .filter((name) => !allLabels.has(name));
  const labels = [
    ...[...expression.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, name = ""]) => name),
    ...[...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
      list.split(",").map((name) => name.trim()),
    ),
  ];
  const known = new Set(["instance", ...metrics.flatMap((name) => labelsOf.get(name) ?? [])]);
  return [
    ...metrics.filter((name) => !labelsOf.has(name)),
    ...labels.filter((name) => !known.has(name)),
    ...(metrics.length === 0 ? [`nothing of ours: ${expression}`] : []),
  ];
}

test("every expression of the dashboard and of the alerts exists", () => {
  const panels = (dashboard.panels ?? []).flatMap((panel) =>
    "targets" in panel ? (panel.targets ?? []) : [],
  );
  const rules = readFileSync(
    new URL("../../../docs/monitoring/alerts.rules.yml", import.meta.url),
    "utf8",
  );
  const alerts = [...rules.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*))/g)].map(
    ([, block, line]) => block ?? line ?? "",
  );
  expect([panels.length > 30, alerts.length]).toEqual([true, 6]);
  const expressions = [...panels.map((target) => String(target["expr"])), ...alerts];
  expect(expressions.flatMap(strangersIn)).toEqual([]);
});

test("a name that does not exist would be found", () => {
  expect(strangersIn('passthrough_nothing_total{agent="a"}')).toEqual([
    "passthrough_nothing_total",
    "agent",
  ]);
});

test("panels do not overlap, and the dashboard's file is generated", () => {
  // `node scripts/dashboard.ts` and the formatter write the file; tsc checks it against Grafana's own types.
  expect(JSON.parse(readFileSync(dashboardFile, "utf8"))).toEqual(JSON.parse(dashboardJson()));
  const cells = (dashboard.panels ?? []).flatMap(({ gridPos }) => {
    const { x = 0, y = 0, w = 0, h = 0 } = gridPos ?? {};
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});
