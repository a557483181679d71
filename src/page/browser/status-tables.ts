/** The tables of the status: providers, models, keys, agents, and what is under way. */
import { isBudget } from "../../control/live-problems.ts";
import { bytes, count, money, ms, none, p50And99, share } from "../../control/units.ts";
import { ago, until } from "../format.ts";
import type { RunUnderWay } from "../../telemetry/runs-under-way.ts";
import type {
  AgentView,
  FallbackView,
  KeyLimitView,
  KeyUseView,
  ModeView,
  ProviderView,
  RequestStats,
  TargetView,
} from "../../telemetry/views.ts";
import type { StatusSections } from "../page-update.ts";
import { type Cell, type Column, type Content, createTable, type Tone } from "./table.ts";

type Status = Partial<StatusSections>;

const tones: Readonly<Record<string, Tone>> = {
  up: "good",
  ok: "good",
  closed: "good",
  failing: "warn",
  "half-open": "warn",
  down: "bad",
  open: "bad",
  refused: "bad",
};

function badge(text: string): Content {
  return { text, tone: tones[text] ?? "quiet" };
}

function usage({ tokensIn, tokensOut }: RequestStats | ProviderView | TargetView): Content {
  return { text: `${count(tokensIn)} / ${count(tokensOut)}` };
}

function failed(stats: RequestStats): Cell {
  const { clientErrors, providerErrors, relayErrors } = stats;
  const all = clientErrors + providerErrors + relayErrors;
  const faults = { client: clientErrors, provider: providerErrors, relay: relayErrors };
  const parts = Object.entries(faults)
    .filter(([, times]) => times > 0)
    .map(([fault, times]) => `${fault} ${count(times)}`);
  return all === 0 ? "0" : { text: count(all), note: parts.join(", ") };
}

const tokensAndCost = [
  { label: "Tokens in / out", isNumber: true, cell: usage },
  {
    label: "Cost",
    isNumber: true,
    cell: ({ costUsd }: { readonly costUsd: number }) => money(costUsd),
  },
] as const;

const requestColumns: readonly Column<RequestStats>[] = [
  { label: "Requests", isNumber: true, cell: ({ requests }) => count(requests) },
  { label: "Failed", isNumber: true, cell: failed },
  {
    label: "First token p50 / p99",
    isNumber: true,
    cell: ({ firstOutputMs: times }) => p50And99(times),
  },
  ...tokensAndCost,
];

/** Creates the tables. @returns their sections in order, and what shows a status in them. */
export function createStatusTables() {
  let status: Status = {};
  const now = () => status.at ?? "";

  const lastFailure = ({ lastFailure: last }: ProviderView | TargetView): Cell =>
    last === null
      ? none
      : {
          text: `${last.outcome}${last.status === null ? "" : ` ${last.status}`}`,
          note: ago(last.at, now()),
        };

  const providers = createTable<ProviderView>({
    id: "providers",
    caption: "Providers",
    empty: "No provider has been asked yet.",
    key: ({ provider }) => provider,
    columns: [
      { label: "Provider", cell: ({ provider }) => provider },
      { label: "State", cell: ({ state }) => badge(state) },
      { label: "Attempts", isNumber: true, cell: ({ attempts }) => count(attempts) },
      {
        label: "Failed, 5 min",
        isNumber: true,
        cell: ({ recent }) => ({
          text: share(recent.failureShare),
          note:
            recent.attempts === 0
              ? undefined
              : `${count(recent.failures)} of ${count(recent.attempts)}`,
        }),
      },
      {
        label: "First token p50 / p99",
        isNumber: true,
        cell: ({ firstOutputMs: times, recent }) => ({
          text: p50And99(times),
          note:
            recent.firstOutputMs === null ? undefined : `5 min: ${p50And99(recent.firstOutputMs)}`,
        }),
      },
      {
        label: "Circuit",
        cell: ({ circuit }) => (circuit === "closed" ? "closed" : badge(circuit)),
      },
      {
        label: "Credential",
        cell: ({ credential }) => (credential === "ok" ? "ok" : badge(credential)),
      },
      {
        label: "Active / queued",
        isNumber: true,
        cell: ({ active, queued }) => `${count(active)} / ${count(queued)}`,
      },
      ...tokensAndCost,
      { label: "Last failure", cell: lastFailure },
    ],
  });

  const targets = createTable<TargetView>({
    id: "models",
    caption: "Models",
    key: ({ provider, model, wire }) => `${provider}/${model} ${wire}`,
    columns: [
      {
        label: "Model",
        cell: ({ provider, model, wire }) => ({
          text: `${provider}/${model}`,
          note: wire,
        }),
      },
      {
        label: "Circuit",
        cell: ({ circuit }) => (circuit === "closed" ? "closed" : badge(circuit)),
      },
      { label: "Attempts", isNumber: true, cell: ({ attempts }) => count(attempts) },
      {
        label: "Failed, 5 min",
        isNumber: true,
        cell: ({ recent }) => share(recent.failureShare),
      },
      {
        label: "First token p50 / p99",
        isNumber: true,
        cell: ({ firstOutputMs: times }) => p50And99(times),
      },
      {
        label: "Between tokens p50",
        isNumber: true,
        cell: ({ betweenTokensMs }) => ms(betweenTokensMs?.p50),
      },
      ...tokensAndCost,
      { label: "Last failure", cell: lastFailure },
    ],
  });

  const keys = createTable<KeyUseView>({
    id: "keys",
    caption: "Keys",
    empty: "No key has been used yet.",
    key: ({ key }) => key,
    columns: [
      { label: "Key", cell: ({ key }) => key },
      ...requestColumns,
      {
        label: "Left of its limits",
        cell: ({ limits }) =>
          limits.length === 0
            ? none
            : limits.map((limit) => ({
                text: `${limit.name}: ${limitLeft(limit)}`,
                meter: limit.limit > 0 ? limit.remaining / limit.limit : 0,
                note:
                  limit.remaining < limit.limit ? `full ${until(limit.resetAt, now())}` : undefined,
              })),
      },
      {
        label: "Refused by a limit",
        cell: ({ refusals }) =>
          Object.entries(refusals)
            .map(([limit, times]) => `${limit} ${count(times)}`)
            .join(", ") || none,
      },
    ],
  });

  const agents = createTable<AgentView>({
    id: "agents",
    caption: "Agents",
    key: ({ agent }) => agent,
    columns: [{ label: "Agent", cell: ({ agent }) => agent || "(none chosen)" }, ...requestColumns],
  });

  const modes = createTable<ModeView>({
    id: "modes",
    caption: "Modes",
    key: ({ mode }) => mode,
    columns: [{ label: "Mode", cell: ({ mode }) => mode || "(none)" }, ...requestColumns],
  });

  const runs = createTable<RunUnderWay & { readonly at: number }>({
    id: "runs",
    caption: "Agent runs under way",
    key: ({ at }) => String(at),
    columns: [
      { label: "Agent", cell: ({ agent }) => agent },
      { label: "Key", cell: ({ key }) => key ?? "(operator)" },
      { label: "Age", isNumber: true, cell: ({ ageMs }) => ms(ageMs) },
      { label: "Model calls", isNumber: true, cell: ({ modelCalls }) => count(modelCalls) },
    ],
  });

  const fallbacks = createTable<FallbackView>({
    id: "fallbacks",
    caption: "Fallbacks",
    key: ({ from, to, reason }) => `${from}\n${to}\n${reason}`,
    columns: [
      { label: "From", cell: ({ from }) => from },
      { label: "To", cell: ({ to }) => to },
      { label: "Why", cell: ({ reason }) => reason },
      { label: "Times", isNumber: true, cell: (fallback) => count(fallback.count) },
    ],
  });

  const memory = createTable<readonly [label: string, value: string, note: string]>({
    id: "memory",
    caption: "In memory",
    key: ([label]) => label,
    columns: [
      { label: "What", cell: ([label]) => label },
      { label: "How much", isNumber: true, cell: ([, value]) => value },
      { label: "Besides", cell: ([, , note]) => note },
    ],
  });

  const estimate = createTable<readonly [label: string, value: string]>({
    id: "estimate",
    caption: "Estimate: what full agent turns would have used in addition",
    key: ([label]) => label,
    columns: [
      { label: "What", cell: ([label]) => label },
      { label: "About", isNumber: true, cell: ([, value]) => value },
    ],
  });

  return {
    /** The widest first. */
    wide: [providers.section, keys.section, targets.section],
    narrow: [
      agents.section,
      modes.section,
      runs.section,
      fallbacks.section,
      memory.section,
      estimate.section,
    ],
    show(next: Status) {
      status = next;
      providers.show(next.providers ?? []);
      targets.show(next.targets ?? []);
      keys.show(next.keys ?? []);
      agents.show(next.agents ?? []);
      modes.show(next.modes ?? []);
      runs.show((next.runs ?? []).map((run, at) => Object.assign({}, run, { at })));
      fallbacks.show(next.fallbacks ?? []);
      memory.show(memoryRows(next));
      estimate.show(
        estimateRows(next),
        next.estimate === null || next.estimate === undefined
          ? ""
          : `averages of ${count(next.estimate.samples)} measured turns`,
      );
    },
  };
}

function memoryRows({ sessions, agentSessions, pools, dataPlane }: Status) {
  const rows: (readonly [string, string, string])[] = [];
  for (const [label, stats] of [
    ["Sessions", sessions],
    ["Sessions of agent runs", agentSessions],
  ] as const) {
    if (stats !== undefined) {
      const gone = `${count(stats.evictions)} evicted, ${count(stats.expiries)} expired`;
      rows.push([label, `${count(stats.sessions)}, ${bytes(stats.bytes)}`, gone]);
    }
  }
  if (pools !== undefined) {
    rows.push(["Connection pools", count(pools), ""]);
  }
  if (dataPlane?.memory !== undefined) {
    const { heapUsedBytes, heapLimitBytes } = dataPlane.memory;
    rows.push(["The relay's heap", bytes(heapUsedBytes), `of at most ${bytes(heapLimitBytes)}`]);
  }
  return rows;
}

function estimateRows({ estimate }: Status): (readonly [string, string])[] {
  return estimate === null || estimate === undefined
    ? []
    : [
        ["Prompt tokens not sent", count(estimate.savedTokensIn)],
        ["Cost saved", money(estimate.savedCostUsd)],
        ["Passthrough and light requests", count(estimate.requests)],
      ];
}

/** What is left of a limit, such as `41 of 60` and `$0.2000 of $5.0000`. */
function limitLeft({ name, remaining, limit }: KeyLimitView): string {
  const amount = isBudget(name) ? money : count;
  return `${amount(Math.max(0, remaining))} of ${amount(limit)}`;
}
