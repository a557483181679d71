/** All metrics, one row each: name, type, unit, labels, meaning and source. docs/metrics.md is generated from this table. */
import { faultOf } from "../errors.ts";
import { otherName } from "../telemetry/bounded-table.ts";
import type { Histogram } from "../telemetry/histogram.ts";
import type { GenAiLabels, GenAiTimes, Labelled, TargetLabels } from "../telemetry/snapshot.ts";
import type { AttemptTally, RequestTally } from "../telemetry/tallies.ts";
import type { MetricsState } from "./metrics-state.ts";

/** Takes the samples of one metric. */
export interface Samples {
  /** @param labels values in the order of the metric's labels; an empty one is left out. */
  add(labels: readonly string[], value: number): void;
  addHistogram(labels: readonly string[], histogram: Histogram): void;
}

export interface MetricDefinition {
  /** Without the suffix of its samples, such as `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "info";
  /** The end of the name, where it is a unit. */
  readonly unit?: "seconds" | "bytes" | "usd" | "ratio";
  /** One sentence, also for docs/metrics.md. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Its name in the OpenTelemetry conventions for generative AI. */
  readonly convention?: string;
  /** Upper bounds of a histogram's buckets in milliseconds, as whole or decimal numbers of seconds times 1000. */
  readonly boundsMs?: readonly number[];
  readonly collect: (state: MetricsState, samples: Samples) => void;
}

/** `gen_ai.server.request.duration` and `gen_ai.client.operation.*`; all are bounds of our own buckets, so their counts are exact. */
const durationBoundsMs = [
  10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920,
];
/** `gen_ai.server.time_to_first_token`. */
const firstTokenBoundsMs = [
  1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
];
/** `gen_ai.server.time_per_output_token`. */
const perTokenBoundsMs = [10, 25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 2500];
/** Bounds of our own buckets. */
const overheadBoundsMs = [0.3125, 0.625, 1.25, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];

const genAi = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"] as const;
const served = [...genAi, "error_type", "mode"];
const called = [...genAi, "error_type"];
const tokens = [...genAi, "gen_ai_token_modality", "wire"];

/** The most telling first: a rendering that would become too large leaves out the last ones. */
export const definitions: readonly MetricDefinition[] = [
  {
    name: "passthrough_build",
    type: "info",
    help: "The plugin's version and the gateway's. Always 1.",
    labels: ["version", "openclaw_version"],
    collect: ({ versions }, { add }) => add([versions.plugin, versions.gateway], 1),
  },
  {
    name: "passthrough_start_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When the data plane started, in seconds since the epoch. All counters begin there.",
    labels: [],
    collect: ({ snapshot }, { add }) => add([], snapshot.startedAtMs / 1000),
  },
  {
    name: "passthrough_config_problems",
    type: "gauge",
    help: "Problems of the configuration, as last found.",
    labels: ["severity"],
    collect({ problems }, { add }) {
      add(["error"], problems.error);
      add(["warning"], problems.warning);
    },
  },
  {
    name: "passthrough_open_requests",
    type: "gauge",
    help: "Requests under way.",
    labels: [],
    collect: ({ snapshot }, { add }) => add([], snapshot.counts.openRequests),
  },
  {
    name: "passthrough_open_streams",
    type: "gauge",
    help: "Streams under way.",
    labels: [],
    collect: ({ snapshot }, { add }) => add([], snapshot.counts.openStreams),
  },
  {
    name: "passthrough_requests",
    type: "counter",
    help: "Finished requests by mode, outcome, and whose fault a failure was (client, provider or relay).",
    labels: ["mode", "outcome", "fault"],
    collect({ snapshot }, { add }) {
      for (const { labels: mode, tally } of snapshot.modes.values()) {
        for (const [outcome, count] of tally.outcomes) {
          add([mode, outcome, faultOf(outcome) ?? ""], count);
        }
      }
    },
  },
  {
    name: "passthrough_endpoint_requests",
    type: "counter",
    help: "Finished requests by endpoint, also those without a model, such as metrics.",
    labels: ["endpoint", "result"],
    collect({ snapshot }, { add }) {
      for (const { labels: endpoint, tally } of snapshot.endpoints.values()) {
        addResults(endpoint, tally, add);
      }
    },
  },
  {
    name: "passthrough_overhead_seconds",
    type: "histogram",
    unit: "seconds",
    help: "The relay's own time of a successful request: without its attempts and without the time to receive its body.",
    labels: ["mode"],
    boundsMs: overheadBoundsMs,
    collect({ snapshot }, { addHistogram }) {
      for (const { labels: mode, tally } of snapshot.modes.values()) {
        if (tally.overhead !== undefined) {
          addHistogram([mode], tally.overhead);
        }
      }
    },
  },
  {
    name: "passthrough_attempts",
    type: "counter",
    help: "Attempts at a provider's model by outcome, and whose fault a failure was. Skipped targets are not attempts.",
    labels: ["operation", "provider", "model", "wire", "outcome", "fault"],
    collect({ snapshot }, { add }) {
      for (const { labels, tally } of snapshot.targets.values()) {
        const target = targetOf(labels);
        for (const [outcome, count] of tally.outcomes) {
          add([...target, outcome, faultOf(outcome) ?? ""], count);
        }
      }
    },
  },
  {
    name: "passthrough_retries",
    type: "counter",
    help: "Attempts that repeated a failed one at the same target.",
    labels: [],
    collect: ({ snapshot }, { add }) => add([], snapshot.counts.retries),
  },
  {
    name: "passthrough_fallbacks",
    type: "counter",
    help: "Times that a request went on to another target, and why. A request may do so several times.",
    labels: ["from", "to", "reason"],
    collect({ snapshot }, { add }) {
      for (const { from, to, reason, count } of snapshot.fallbacks.values()) {
        add([from, to, reason], count);
      }
    },
  },
  {
    name: "passthrough_circuit_state",
    type: "gauge",
    help: "The circuit breaker of a provider's model: 0 closed, 1 half-open, 2 open.",
    labels: ["provider", "model"],
    collect: addCircuits,
  },
  {
    name: "passthrough_credentials_refused",
    type: "gauge",
    help: "The gateway's credentials that are skipped for now, because the provider has refused them.",
    labels: ["provider"],
    collect({ snapshot, upstream }, { add }) {
      const refused = new Map(snapshot.providers.values().map(({ labels }) => [labels, 0]));
      for (const { provider } of upstream.refusedCredentials) {
        refused.set(provider, (refused.get(provider) ?? 0) + 1);
      }
      for (const [provider, count] of refused) {
        add([provider], count);
      }
    },
  },
  {
    name: "passthrough_provider_active",
    type: "gauge",
    help: "Attempts under way.",
    labels: ["provider"],
    collect({ upstream }, { add }) {
      for (const { provider, active } of upstream.providers) {
        add([provider], active);
      }
    },
  },
  {
    name: "passthrough_provider_queued",
    type: "gauge",
    help: "Attempts that wait for the provider's concurrency limit.",
    labels: ["provider"],
    collect({ upstream }, { add }) {
      for (const { provider, queued } of upstream.providers) {
        add([provider], queued);
      }
    },
  },
  {
    name: "passthrough_agent_runs",
    type: "gauge",
    help: "Agent runs under way.",
    labels: [],
    collect: ({ runs }, { add }) => add([], runs),
  },
  {
    name: "passthrough_sessions",
    type: "gauge",
    help: "Sessions in memory: of direct calls (light) and of agent runs (agent).",
    labels: ["kind"],
    collect: ofSessions(({ sessions }) => sessions),
  },
  {
    name: "passthrough_sessions_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Size of the sessions in memory; for those of agent runs an estimate.",
    labels: ["kind"],
    collect: ofSessions(({ bytes }) => bytes),
  },
  {
    name: "passthrough_session_evictions",
    type: "counter",
    help: "Sessions that left memory because there were too many, since their bounds were last changed.",
    labels: ["kind"],
    collect: ofSessions(({ evictions }) => evictions),
  },
  {
    name: "passthrough_session_expiries",
    type: "counter",
    help: "Sessions that left memory because of their age, since their bounds were last changed.",
    labels: ["kind"],
    collect: ofSessions(({ expiries }) => expiries),
  },
  {
    name: "passthrough_data_plane_heap_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Heap in use of the relay's thread.",
    labels: [],
    collect: ({ heap }, { add }) => add([], heap.usedBytes),
  },
  {
    name: "passthrough_data_plane_heap_limit_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Largest heap of the relay's thread. Beyond it the thread ends and starts again.",
    labels: [],
    collect: ({ heap }, { add }) => add([], heap.limitBytes),
  },
  {
    name: "passthrough_listener_connections",
    type: "gauge",
    help: "Open connections of the relay's own listener. Missing if it is off.",
    labels: [],
    collect({ connections }, { add }) {
      if (connections !== undefined) {
        add([], connections);
      }
    },
  },
  {
    name: "passthrough_agent_turn_samples",
    type: "gauge",
    help: "Full agent turns that the estimates below come from. Missing, as they are, before the first.",
    labels: [],
    collect: ofEstimate(({ samples }) => samples),
  },
  {
    name: "passthrough_saved_input_tokens_estimate",
    type: "gauge",
    help: "Prompt tokens that passthrough and light requests did not send, compared with as many full agent turns. An estimate.",
    labels: [],
    collect: ofEstimate(({ savedTokensIn }) => savedTokensIn),
  },
  {
    name: "passthrough_saved_cost_usd_estimate",
    type: "gauge",
    help: "US dollars that passthrough and light requests did not cost, compared with as many full agent turns. An estimate.",
    labels: [],
    collect: ofEstimate(({ savedCostUsd }) => savedCostUsd),
  },
  {
    name: "passthrough_key_budget_used_ratio",
    type: "gauge",
    unit: "ratio",
    help: "The used part of a virtual key's budget, from 0 to 1. What requests under way reserve counts as used.",
    labels: ["key", "period"],
    collect: ofBudgets(({ limit, remaining }) => 1 - remaining / limit),
  },
  {
    name: "passthrough_key_budget_remaining_usd",
    type: "gauge",
    unit: "usd",
    help: "The rest of a virtual key's budget, in US dollars.",
    labels: ["key", "period"],
    collect: ofBudgets(({ remaining }) => remaining),
  },
  {
    name: "passthrough_limit_refusals",
    type: "counter",
    help: "Requests that a limit of a virtual key refused.",
    labels: ["key", "limit"],
    collect({ snapshot }, { add }) {
      for (const { key, byLimit } of snapshot.refusals.values()) {
        for (const [limit, count] of byLimit) {
          add([key, limit], count);
        }
      }
    },
  },
  genAiHistogram({
    convention: "gen_ai.server.request.duration",
    help: "Time of a request as its caller sees it. error_type is missing for a success.",
    labels: served,
    boundsMs: durationBoundsMs,
    times: ({ duration }) => duration,
  }),
  genAiHistogram({
    convention: "gen_ai.server.time_to_first_token",
    help: "Time until the first output of a successful stream, as its caller sees it.",
    labels: served,
    boundsMs: firstTokenBoundsMs,
    times: ({ firstOutput }) => firstOutput,
  }),
  genAiHistogram({
    convention: "gen_ai.server.time_per_output_token",
    help: "Time per output token after the first one: the average of one successful stream.",
    labels: served,
    boundsMs: perTokenBoundsMs,
    times: ({ betweenTokens }) => betweenTokens,
  }),
  genAiHistogram({
    convention: "gen_ai.client.operation.duration",
    help: "Time of one attempt at a provider. error_type is missing for a success.",
    labels: called,
    boundsMs: durationBoundsMs,
    times: ({ duration }) => duration,
  }),
  genAiHistogram({
    convention: "gen_ai.client.operation.time_to_first_chunk",
    help: "Time until the first output of a successful streaming attempt at a provider.",
    labels: called,
    boundsMs: durationBoundsMs,
    times: ({ firstOutput }) => firstOutput,
  }),
  tokenCounter("input_tokens", "Prompt tokens, including cached ones.", (tally) => tally.tokensIn),
  tokenCounter(
    "output_tokens",
    "Tokens of answers, including reasoning.",
    (tally) => tally.tokensOut,
  ),
  tokenCounter(
    "cache_read.input_tokens",
    "The part of the prompt tokens that the provider read from its cache.",
    (tally) => tally.tokensCached,
  ),
  tokenCounter(
    "cache_write.input_tokens",
    "The part of the prompt tokens that the provider wrote to its cache.",
    (tally) => tally.tokensCacheWrite,
  ),
  tokenCounter(
    "reasoning.output_tokens",
    "The part of the answers' tokens that is reasoning.",
    (tally) => tally.tokensReasoning,
  ),
  {
    name: "passthrough_model_cost_usd",
    type: "counter",
    unit: "usd",
    help: "US dollars by provider and model, by the model costs in the host's config.",
    labels: ["operation", "provider", "model", "wire"],
    collect({ snapshot }, { add }) {
      for (const { labels, tally } of snapshot.targets.values()) {
        addUsed(targetOf(labels), tally.costUsd, add);
      }
    },
  },
  {
    name: "passthrough_key_requests",
    type: "counter",
    help: "Finished requests by virtual key. (operator): with the gateway's own token. Empty: without a valid key.",
    labels: ["key", "result"],
    collect: ({ snapshot }, { add }) => addRequests(snapshot.keys.values(), add),
  },
  {
    name: "passthrough_key_tokens",
    type: "counter",
    help: "Tokens by virtual key.",
    labels: ["key", "type"],
    collect({ snapshot }, { add }) {
      for (const { labels: key, tally } of snapshot.keys.values()) {
        addUsed([key, "input"], tally.tokensIn, add);
        addUsed([key, "output"], tally.tokensOut, add);
      }
    },
  },
  {
    name: "passthrough_key_cost_usd",
    type: "counter",
    unit: "usd",
    help: "US dollars by virtual key.",
    labels: ["key"],
    collect: ({ snapshot }, { add }) => addCosts(snapshot.keys.values(), add),
  },
  {
    name: "passthrough_agent_requests",
    type: "counter",
    help: "Finished requests by agent. Empty: refused before an agent was chosen.",
    labels: ["agent", "result"],
    collect: ({ snapshot }, { add }) => addRequests(snapshot.agents.values(), add),
  },
  {
    name: "passthrough_agent_cost_usd",
    type: "counter",
    unit: "usd",
    help: "US dollars by agent.",
    labels: ["agent"],
    collect: ({ snapshot }, { add }) => addCosts(snapshot.agents.values(), add),
  },
  {
    name: "passthrough_folded_names",
    type: "counter",
    help: "Uses of names beyond a table's bound. They are counted under the name other.",
    labels: ["table"],
    collect({ snapshot }, { add }) {
      const { providers, targets, agents, keys, fallbacks, refusals } = snapshot;
      const tables = { providers, targets, agents, keys, fallbacks, refusals };
      for (const [table, { folded }] of Object.entries(tables)) {
        add([table], folded);
      }
      add(["served"], snapshot.served.folded);
      add(["called"], snapshot.called.folded);
    },
  },
];

type Add = Samples["add"];
type CountedRequests = Labelled<string, RequestTally>;

/** Adds how requests ended. What never happened has no sample: most names see few kinds. */
function addResults(name: string, tally: RequestTally, add: Add): void {
  const { requests, faults, disconnects } = tally;
  const { client, provider, relay } = faults;
  addUsed([name, "ok"], requests - client - provider - relay - disconnects, add);
  addUsed([name, "client_error"], client, add);
  addUsed([name, "provider_error"], provider, add);
  addUsed([name, "relay_error"], relay, add);
  addUsed([name, "disconnected"], disconnects, add);
}

function addRequests(rows: readonly CountedRequests[], add: Add): void {
  for (const { labels: name, tally } of rows) {
    addResults(name, tally, add);
  }
}

function addCosts(rows: readonly CountedRequests[], add: Add): void {
  for (const { labels: name, tally } of rows) {
    addUsed([name], tally.costUsd, add);
  }
}

/** Only if there is any. */
function addUsed(labels: readonly string[], used: number, add: Add): void {
  if (used > 0) {
    add(labels, used);
  }
}

function targetOf({ operation, provider, model, wire }: TargetLabels): readonly string[] {
  return [operation, provider, model, wire];
}

/** Circuits that are not closed, and the closed ones of all models that were called. */
function addCircuits({ snapshot, upstream }: MetricsState, { add }: Samples): void {
  const states = new Map<string, { readonly labels: readonly string[]; state: number }>();
  for (const { labels } of snapshot.targets.values()) {
    const { operation, provider, model } = labels;
    if (operation !== otherName) {
      states.set(`${provider}/${model}`, { labels: [provider, model], state: 0 });
    }
  }
  for (const { target, state } of upstream.circuits.slice(0, maxCircuits)) {
    const slash = target.indexOf("/");
    const labels = [target.slice(0, slash), target.slice(slash + 1)];
    const before = states.get(target)?.state ?? 0;
    states.set(target, { labels, state: Math.max(before, state === "open" ? 2 : 1) });
  }
  for (const { labels, state } of states.values()) {
    add(labels, state);
  }
}

/** Circuits that are not closed and have a sample of their own. */
const maxCircuits = 200;

type Collect = MetricDefinition["collect"];

function ofSessions(count: (kind: MetricsState["sessions"]) => number): Collect {
  return ({ sessions, agentSessions }, { add }) => {
    add(["light"], count(sessions));
    add(["agent"], count(agentSessions));
  };
}

function ofEstimate(value: (estimate: NonNullable<MetricsState["estimate"]>) => number): Collect {
  return ({ estimate }, { add }) => {
    if (estimate !== null) {
      add([], value(estimate));
    }
  };
}

type KeyLimit = MetricsState["keyLimits"][number]["limits"][number];

function ofBudgets(value: (budget: KeyLimit) => number): Collect {
  return ({ keyLimits }, { add }) => {
    for (const { key, limits } of keyLimits) {
      for (const limit of limits) {
        const period = periodOf(limit.name);
        if (period !== undefined) {
          add([key, period], value(limit));
        }
      }
    }
  };
}

/** `day` or `month` for a budget; undefined for another limit. */
function periodOf(limit: string): string | undefined {
  return limit === "budget-day" ? "day" : limit === "budget-month" ? "month" : undefined;
}

interface GenAiHistogram {
  readonly convention: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly boundsMs: readonly number[];
  readonly times: (times: GenAiTimes) => Histogram | undefined;
}

function genAiHistogram({ times, ...more }: GenAiHistogram): MetricDefinition {
  const isServed = more.labels === served;
  return {
    ...more,
    name: `${more.convention.replaceAll(".", "_")}_seconds`,
    type: "histogram",
    unit: "seconds",
    collect({ snapshot }, { addHistogram }) {
      for (const { labels, tally } of (isServed ? snapshot.served : snapshot.called).values()) {
        const histogram = times(tally);
        if (histogram !== undefined && histogram.count > 0) {
          addHistogram(genAiValues(labels), histogram);
        }
      }
    },
  };
}

/** With the mode, which attempts do not have, at the end. */
function genAiValues(labels: GenAiLabels): readonly string[] {
  const { operation, provider, model, errorType, mode } = labels;
  return [operation, provider, model, errorType, mode];
}

function tokenCounter(
  which: string,
  help: string,
  count: (tally: AttemptTally) => number,
): MetricDefinition {
  const convention = `gen_ai.client.inference.usage.${which}`;
  return {
    name: convention.replaceAll(".", "_"),
    type: "counter",
    help,
    labels: tokens,
    convention,
    collect({ snapshot }, { add }) {
      for (const { labels, tally } of snapshot.targets.values()) {
        const { operation, provider, model, wire } = labels;
        addUsed([operation, provider, model, "unknown", wire], count(tally), add);
      }
    },
  };
}
