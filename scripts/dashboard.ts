/**
 * The Grafana dashboard, docs/monitoring/grafana.json, in the types that Grafana publishes of its dashboards.
 * `node scripts/dashboard.ts` writes it.
 */
import { writeFileSync } from "node:fs";
import {
  type Dashboard,
  type Panel,
  ThresholdsMode,
  VariableHide,
  VariableRefresh,
} from "@grafana/schema";

/** What a panel shows, and how. */
interface Chart {
  readonly title: string;
  readonly description?: string;
  readonly type?: "timeseries" | "stat" | "bargauge" | "state-timeline";
  /** Grafana's name of the unit. */
  readonly unit?: string;
  /** Expressions, each with the legend of its lines. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
  /** From which value on it is orange, and red. */
  readonly warnAt?: number;
  readonly alarmAt?: number;
  readonly max?: number;
  readonly isStacked?: boolean;
}

interface Section {
  readonly title: string;
  /** Columns of the 24 that each panel takes, and rows. */
  readonly size: readonly [width: number, height: number];
  readonly charts: readonly Chart[];
}

const here = 'instance=~"$instance"';
const rate = (metric: string, more = "") =>
  `rate(${metric}{${here}${more === "" ? "" : `,${more}`}}[$__rate_interval])`;
const calls = 'endpoint=~"chat-completions|embeddings"';
const model = "gen_ai_provider_name, gen_ai_request_model";
const modelLegend = "{{gen_ai_provider_name}}/{{gen_ai_request_model}}";
const quantile = (share: number, metric: string, by = "") =>
  `histogram_quantile(${share}, sum by (${by === "" ? "" : `${by}, `}le) (${rate(`${metric}_bucket`)}))`;
const percentiles = (metric: string) =>
  [0.5, 0.9, 0.99].map((share) => [quantile(share, metric), `p${share * 100}`] as const);
const failureShare = `(sum(${rate("passthrough_endpoint_requests_total", `${calls},result=~"provider_error|relay_error"`)}) or vector(0)) / sum(${rate("passthrough_endpoint_requests_total", calls)})`;

const sections: readonly Section[] = [
  {
    title: "Now",
    size: [4, 4],
    charts: [
      {
        title: "Requests per second",
        type: "stat",
        unit: "reqps",
        queries: [[`sum(${rate("passthrough_endpoint_requests_total", calls)})`, ""]],
      },
      {
        title: "Failures",
        description: "By providers and the relay, of all calls of models.",
        type: "stat",
        unit: "percentunit",
        queries: [[failureShare, ""]],
        warnAt: 0.01,
        alarmAt: 0.05,
      },
      {
        title: "First token, p99",
        type: "stat",
        unit: "s",
        queries: [[quantile(0.99, "gen_ai_server_time_to_first_token_seconds"), ""]],
        warnAt: 2,
        alarmAt: 5,
      },
      {
        title: "Requests under way",
        type: "stat",
        queries: [
          [`sum(passthrough_open_requests{${here}})`, "requests"],
          [`sum(passthrough_open_streams{${here}})`, "streams"],
        ],
      },
      {
        title: "Open circuits, refused credentials",
        type: "stat",
        queries: [
          [`count(passthrough_circuit_state{${here}} == 2) or vector(0)`, "circuits"],
          [`sum(passthrough_credentials_refused{${here}})`, "credentials"],
        ],
        alarmAt: 1,
      },
      {
        title: "Config problems",
        description: "`openclaw passthrough status` lists them.",
        type: "stat",
        queries: [[`sum by (severity) (passthrough_config_problems{${here}})`, "{{severity}}"]],
        warnAt: 1,
      },
    ],
  },
  {
    title: "Requests, as callers see them",
    size: [12, 8],
    charts: [
      {
        title: "Requests by result",
        unit: "reqps",
        isStacked: true,
        queries: [
          [`sum by (result) (${rate("passthrough_endpoint_requests_total", calls)})`, "{{result}}"],
        ],
      },
      {
        title: "Failures by outcome",
        unit: "reqps",
        queries: [
          [
            `sum by (outcome, fault) (${rate("passthrough_requests_total", 'fault!=""')})`,
            "{{fault}}: {{outcome}}",
          ],
        ],
      },
      {
        title: "Time to the first token",
        unit: "s",
        queries: percentiles("gen_ai_server_time_to_first_token_seconds"),
      },
      {
        title: "Time to the first token, p90, by model",
        unit: "s",
        queries: [[quantile(0.9, "gen_ai_server_time_to_first_token_seconds", model), modelLegend]],
      },
      {
        title: "Duration",
        unit: "s",
        queries: percentiles("gen_ai_server_request_duration_seconds"),
      },
      {
        title: "The relay's own time",
        description:
          "A request's duration without its attempts and without the time to receive its body.",
        unit: "s",
        queries: percentiles("passthrough_overhead_seconds"),
      },
      {
        title: "Requests by mode",
        unit: "reqps",
        isStacked: true,
        queries: [[`sum by (mode) (${rate("passthrough_requests_total")})`, "{{mode}}"]],
      },
      {
        title: "Time per output token, p50, by model",
        unit: "s",
        queries: [
          [quantile(0.5, "gen_ai_server_time_per_output_token_seconds", model), modelLegend],
        ],
      },
    ],
  },
  {
    title: "Providers",
    size: [12, 8],
    charts: [
      {
        title: "Attempts by provider and fault",
        unit: "reqps",
        queries: [
          [
            `sum by (provider, fault) (${rate("passthrough_attempts_total")})`,
            "{{provider}} {{fault}}",
          ],
        ],
      },
      {
        title: "Failed attempts by outcome",
        unit: "reqps",
        queries: [
          [
            `sum by (provider, outcome) (${rate("passthrough_attempts_total", 'fault="provider"')})`,
            "{{provider}}: {{outcome}}",
          ],
        ],
      },
      {
        title: "Circuits",
        description: "0 closed, 1 half-open, 2 open.",
        type: "state-timeline",
        queries: [
          [
            `max by (provider, model) (passthrough_circuit_state{${here}})`,
            "{{provider}}/{{model}}",
          ],
        ],
        warnAt: 1,
        alarmAt: 2,
      },
      {
        title: "Fallbacks and retries",
        unit: "reqps",
        queries: [
          [
            `sum by (from, to, reason) (${rate("passthrough_fallbacks_total")})`,
            "{{from}} to {{to}}: {{reason}}",
          ],
          [`sum(${rate("passthrough_retries_total")})`, "retries"],
        ],
      },
      {
        title: "Duration of attempts, p90, by provider",
        unit: "s",
        queries: [
          [
            quantile(0.9, "gen_ai_client_operation_duration_seconds", "gen_ai_provider_name"),
            "{{gen_ai_provider_name}}",
          ],
        ],
      },
      {
        title: "Attempts under way and queued",
        queries: [
          [`sum by (provider) (passthrough_provider_active{${here}})`, "{{provider}} under way"],
          [`sum by (provider) (passthrough_provider_queued{${here}})`, "{{provider}} queued"],
        ],
      },
    ],
  },
  {
    title: "Tokens and dollars",
    size: [12, 8],
    charts: [
      {
        title: "Prompt tokens per second, by model",
        queries: [
          [
            `sum by (${model}) (${rate("gen_ai_client_inference_usage_input_tokens_total")})`,
            modelLegend,
          ],
          [
            `sum(${rate("gen_ai_client_inference_usage_cache_read_input_tokens_total")})`,
            "read from the providers' caches",
          ],
        ],
      },
      {
        title: "Output tokens per second, by model",
        queries: [
          [
            `sum by (${model}) (${rate("gen_ai_client_inference_usage_output_tokens_total")})`,
            modelLegend,
          ],
        ],
      },
      {
        title: "Dollars per hour, by model",
        unit: "currencyUSD",
        isStacked: true,
        queries: [
          [
            `3600 * sum by (provider, model) (${rate("passthrough_model_cost_usd_total")})`,
            "{{provider}}/{{model}}",
          ],
        ],
      },
      {
        title: "Dollars per hour, by key",
        unit: "currencyUSD",
        isStacked: true,
        queries: [[`3600 * sum by (key) (${rate("passthrough_key_cost_usd_total")})`, "{{key}}"]],
      },
      {
        title: "Used budgets",
        type: "bargauge",
        unit: "percentunit",
        max: 1,
        queries: [
          [
            `max by (key, period) (passthrough_key_budget_used_ratio{${here}})`,
            "{{key}} per {{period}}",
          ],
        ],
        warnAt: 0.8,
        alarmAt: 1,
      },
      {
        title: "Refused by a key's limit",
        unit: "reqps",
        queries: [
          [
            `sum by (key, limit) (${rate("passthrough_limit_refusals_total")})`,
            "{{key}}: {{limit}}",
          ],
        ],
      },
      {
        title: "Requests by agent",
        unit: "reqps",
        queries: [[`sum by (agent) (${rate("passthrough_agent_requests_total")})`, "{{agent}}"]],
      },
      {
        title: "Requests by key",
        unit: "reqps",
        queries: [[`sum by (key) (${rate("passthrough_key_requests_total")})`, "{{key}}"]],
      },
    ],
  },
  {
    title: "The relay",
    size: [8, 7],
    charts: [
      {
        title: "Heap of the relay's thread",
        unit: "bytes",
        queries: [
          [`sum by (instance) (passthrough_data_plane_heap_bytes{${here}})`, "{{instance}} in use"],
          [
            `sum by (instance) (passthrough_data_plane_heap_limit_bytes{${here}})`,
            "{{instance}} limit",
          ],
        ],
      },
      {
        title: "Sessions in memory",
        queries: [
          [`sum by (kind) (passthrough_sessions{${here}})`, "{{kind}}"],
          [`sum(passthrough_agent_runs{${here}})`, "agent runs under way"],
        ],
      },
      {
        title: "Saved by passthrough and light requests (estimate)",
        description:
          "Compared with as many full agent turns. Empty until a full agent turn was measured.",
        type: "stat",
        unit: "currencyUSD",
        queries: [[`sum(passthrough_saved_cost_usd_estimate{${here}})`, ""]],
      },
    ],
  },
];

const columns = 24;
const datasource = { type: "prometheus", uid: "${datasource}" };

function panelOf(chart: Chart, place: NonNullable<Panel["gridPos"]> & { id: number }): Panel {
  const { title, description, type = "timeseries", unit = "short", queries, max } = chart;
  const { id, ...gridPos } = place;
  const steps = [
    { value: null, color: "green" },
    ...(chart.warnAt === undefined ? [] : [{ value: chart.warnAt, color: "orange" }]),
    ...(chart.alarmAt === undefined ? [] : [{ value: chart.alarmAt, color: "red" }]),
  ];
  return {
    id,
    type,
    title,
    ...(description === undefined ? {} : { description }),
    datasource,
    gridPos,
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCodePoint(65 + at),
      datasource,
      expr,
      legendFormat: legendFormat === "" ? "__auto" : legendFormat,
      range: true,
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(max === undefined ? {} : { max }),
        thresholds: { mode: ThresholdsMode.Absolute, steps },
        custom:
          type === "timeseries"
            ? {
                fillOpacity: chart.isStacked === true ? 30 : 5,
                stacking: { mode: chart.isStacked === true ? "normal" : "none", group: "A" },
              }
            : {},
      },
      overrides: [],
    },
    options: optionsOf(type),
  };
}

function optionsOf(type: NonNullable<Chart["type"]>): Record<string, unknown> {
  const legend = { displayMode: "list", placement: "bottom", showLegend: true };
  const reduceOptions = { calcs: ["lastNotNull"], fields: "", values: false };
  return {
    timeseries: { legend, tooltip: { mode: "multi", sort: "desc" } },
    stat: { reduceOptions, colorMode: "value", graphMode: "area", textMode: "auto" },
    bargauge: { reduceOptions, displayMode: "basic", orientation: "horizontal" },
    "state-timeline": { legend, showValue: "never", mergeValues: true },
  }[type];
}

function panels(): NonNullable<Dashboard["panels"]> {
  const all: NonNullable<Dashboard["panels"]> = [];
  let y = 0;
  for (const { title, size, charts } of sections) {
    const [w, h] = size;
    const perRow = Math.floor(columns / w);
    all.push({
      id: all.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    });
    y += 1;
    for (const [at, chart] of charts.entries()) {
      const gridPos = { x: (at % perRow) * w, y: y + Math.floor(at / perRow) * h, w, h };
      all.push(panelOf(chart, { id: all.length + 1, ...gridPos }));
    }
    y += Math.ceil(charts.length / perRow) * h;
  }
  return all;
}

export const dashboard: Dashboard = {
  uid: "openclaw-passthrough",
  title: "OpenClaw passthrough",
  description: "The LLM relay in the OpenClaw gateway, by GET /passthrough/metrics.",
  tags: ["openclaw", "llm"],
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  schemaVersion: 39,
  time: { from: "now-6h", to: "now" },
  timezone: "browser",
  annotations: { list: [] },
  templating: {
    list: [
      {
        name: "datasource",
        label: "Data source",
        type: "datasource",
        query: "prometheus",
        hide: VariableHide.dontHide,
      },
      {
        name: "instance",
        label: "Gateway",
        type: "query",
        datasource,
        query: { query: "label_values(passthrough_build_info, instance)", refId: "instance" },
        refresh: VariableRefresh.onTimeRangeChanged,
        includeAll: true,
        multi: true,
        allValue: ".*",
        current: { text: "All", value: "$__all" },
        hide: VariableHide.dontHide,
      },
    ],
  },
  panels: panels(),
};

export const dashboardFile = new URL("../docs/monitoring/grafana.json", import.meta.url);

/** The file's content. */
export function dashboardJson(): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(dashboardFile, dashboardJson());
}
