/** The tables of the report. */
import { type ComparedKind, comparedKinds } from "./answers.ts";
import { besideAgentsMs, kindTitles, medianOf } from "./goals.ts";
import { merge, quantileMs } from "./histogram.ts";
import type { BenchRun, Growth, OpenStreams } from "./results.ts";
import type { Case, Statistics, Summary } from "./statistics.ts";
import { table } from "./table.ts";
import { type TargetName, targetNames } from "./targets.ts";

/** A run with its statistics. */
interface Measured extends BenchRun {
  readonly statistics: Statistics;
}

/** A column of a table: a number of a summary and its format. */
interface Column {
  readonly head: string;
  readonly value: (summary: Summary) => number;
  readonly show: (value: number) => string;
}

const count = (value: number) => value.toFixed(value < 100 ? 1 : 0);
const milliseconds = (value: number) => value.toFixed(2);
const megabytes = (value: number) => (value / 1e6).toFixed(0);

const rate: Column = {
  head: "Requests/s",
  value: (summary) => summary.requestsPerSecond,
  show: count,
};
const firstByteColumns: readonly Column[] = [
  { head: "First byte p50 ms", value: (summary) => summary.firstByteP50Ms, show: milliseconds },
  { head: "First byte p99 ms", value: (summary) => summary.firstByteP99Ms, show: milliseconds },
];
const usageColumns: readonly Column[] = [
  {
    head: "CPU ms/request",
    value: (summary) => summary.cpuMsPerRequest,
    show: (value) => value.toFixed(3),
  },
  { head: "Peak RSS MB", value: (summary) => summary.peakRssBytes, show: megabytes },
];

/** Throughput and times of all targets. */
export function resultTable(measured: Measured, kind: ComparedKind): string {
  return caseTable(measured, kind, [
    rate,
    { head: "p50 ms", value: (summary) => summary.p50Ms, show: milliseconds },
    { head: "p99 ms", value: (summary) => summary.p99Ms, show: milliseconds },
    ...firstByteColumns,
    ...usageColumns,
  ]);
}

/** For streams paced by the provider: the lateness of events instead of throughput. */
export function pacedTable(measured: Measured): string {
  return caseTable(measured, "paced", [
    { head: "Lateness p50 ms", value: (summary) => summary.latenessP50Ms, show: milliseconds },
    { head: "Lateness p99 ms", value: (summary) => summary.latenessP99Ms, show: milliseconds },
    ...firstByteColumns,
    ...usageColumns,
  ]);
}

function caseTable(
  { targets, statistics, conditions }: Measured,
  kind: ComparedKind,
  columns: readonly Column[],
): string {
  const rows = conditions.extent.concurrencies.flatMap((concurrency) => {
    const direct = statistics.summary("direct", { kind, concurrency });
    return targets.flatMap(({ name, title }) => {
      const summary = statistics.summary(name, { kind, concurrency });
      return summary === undefined
        ? []
        : [
            [
              String(concurrency),
              title,
              String(summary.requests),
              ...columns.map((column) => withRatio(column, summary, direct)),
            ],
          ];
    });
  });
  return table(["Concurrency", "Target", "Requests", ...columns.map(({ head }) => head)], rows);
}

function withRatio({ value, show }: Column, summary: Summary, direct: Summary | undefined): string {
  const own = value(summary);
  return Number.isNaN(own) ? "-" : `${show(own)}${ratio(own, direct && value(direct))}`;
}

/** A ratio in brackets, with two significant digits. */
function ratio(value: number, reference: number | undefined): string {
  if (reference === undefined || reference === 0) {
    return "";
  }
  const times = value / reference;
  return ` (${times >= 100 ? times.toFixed(0) : times.toPrecision(2)}×)`;
}

/** The table in the README. */
export function shortTable({ targets, statistics }: Measured): string {
  const firstByteOverDirect = (name: TargetName, kind: ComparedKind) => {
    const of = { kind, concurrency: 1 };
    const own = statistics.summary(name, of);
    const direct = statistics.summary("direct", of);
    if (own === undefined || direct === undefined) {
      return "";
    }
    return name === "direct"
      ? milliseconds(own.firstByteP50Ms)
      : `+${milliseconds(own.firstByteP50Ms - direct.firstByteP50Ms)}`;
  };
  const throughput = (name: TargetName, kind: ComparedKind) => {
    const of = { kind, concurrency: 16 };
    const own = statistics.summary(name, of);
    return own === undefined ? "" : withRatio(rate, own, statistics.summary("direct", of));
  };
  return table(
    [
      "",
      "JSON: first byte, ms",
      "stream: first byte, ms",
      "JSON: requests/s",
      "stream event by event: requests/s",
      "stream in one packet: requests/s",
    ],
    targets.map(({ name, title }) => [
      title,
      firstByteOverDirect(name, "json"),
      firstByteOverDirect(name, "burst"),
      throughput(name, "json"),
      throughput(name, "burst"),
      throughput(name, "packet"),
    ]),
  );
}

/** The table of concurrently open streams. */
export function openStreamsTable(
  found: readonly OpenStreams[],
  { targets }: Pick<BenchRun, "targets">,
): string {
  return table(
    [
      "Target",
      "Open at once",
      "First byte p50 ms",
      "First byte p99 ms",
      "Lateness p50 ms",
      "Lateness p99 ms",
      "Gateway's heap of each, kB",
      "left, kB",
      "Worker's heap of each, kB",
      "left, kB",
      "RSS before, MB",
      "Peak RSS, MB",
      "Growth, MB",
    ],
    found.map((one) => {
      const { target, streams, openAtOnce, firstByte, lateness, rssBytes } = one;
      const growthOfEach = (growth: Growth | undefined) =>
        growth === undefined
          ? ["-", "-"]
          : [growth.open, growth.after].map((bytes) =>
              ((bytes - growth.before) / streams / 1000).toFixed(1),
            );
      return [
        titleOf(target, targets),
        String(openAtOnce),
        milliseconds(quantileMs(firstByte, 0.5)),
        milliseconds(quantileMs(firstByte, 0.99)),
        milliseconds(quantileMs(lateness, 0.5)),
        milliseconds(quantileMs(lateness, 0.99)),
        ...growthOfEach(one.heapBytes),
        ...growthOfEach(one.workerHeapBytes),
        ...(rssBytes === undefined
          ? ["-", "-", "-"]
          : [rssBytes.before, rssBytes.open, rssBytes.open - rssBytes.before].map(megabytes)),
      ];
    }),
  );
}

/** A row for each target, a column for each number of agent turns. */
export function besideAgentsTable(run: BenchRun): string {
  const agents = distinct(run.besideAgents.map((one) => one.agents));
  const timesOf = (target: TargetName, beside: number) =>
    [0.5, 0.9, 0.99]
      .map((share) => milliseconds(besideAgentsMs(run, { target, agents: beside }, share)))
      .join(" / ");
  return table(
    ["First byte: p50 / p90 / p99, ms", ...agents.map(agentsTitle)],
    targetNames
      .flatMap((name) => run.besideAgents.find(({ target }) => target === name) ?? [])
      .map(({ target, title }) => [title].concat(agents.map((beside) => timesOf(target, beside)))),
  );
}

/** How fast the agents themselves were. */
export function agentTurnsText({ agentTurns }: BenchRun): string {
  return distinct(agentTurns.map(({ agents }) => agents))
    .filter((agents) => agents > 0)
    .map((agents) => {
      const found = agentTurns.filter((one) => one.agents === agents);
      const turns = found.reduce((sum, one) => sum + one.turns, 0);
      const medianMs = quantileMs(merge(found.map(({ duration }) => duration)), 0.5);
      return `with ${agentsTitle(agents)}, ${turns} turns of ${medianMs.toFixed(0)} ms (median)`;
    })
    .join("; ");
}

function agentsTitle(agents: number): string {
  return agents === 0
    ? "no agent at work"
    : `${agents} agent turn${agents === 1 ? "" : "s"} at any time`;
}

/** The starts with the plugin and without. */
export function startsTable({ starts }: BenchRun): string {
  return table(
    ["Gateway", "Starts", "Ready after, ms", "RSS at rest, MB", "Worker started in, ms"],
    [true, false].map((withPlugin) => [
      withPlugin ? "with the plugin" : "without",
      String(starts.filter((start) => start.withPlugin === withPlugin).length),
      medianOf(starts, withPlugin, (start) => start.readyAfterMs).toFixed(0),
      megabytes(medianOf(starts, withPlugin, (start) => start.residentBytes)),
      known(
        medianOf(starts, withPlugin, (start) => start.workerStartedInMs),
        count,
      ),
    ]),
  );
}

function known(value: number, show: (value: number) => string): string {
  return Number.isNaN(value) ? "-" : show(value);
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

function titleOf(target: TargetName, targets: BenchRun["targets"]): string {
  return targets.find(({ name }) => name === target)?.title ?? target;
}

/** The failed answers of each target. */
export function failures(measured: Measured): string {
  const { targets, statistics, measurements, openStreams, besideAgents, agentTurns, conditions } =
    measured;
  const cases = comparedKinds.flatMap((kind) =>
    conditions.extent.concurrencies.map((concurrency): Case => ({ kind, concurrency })),
  );
  const failed = [
    ...targets.flatMap(({ name, title }) =>
      cases.flatMap((of) => {
        const summary = statistics.summary(name, of);
        return summary === undefined || summary.failures === 0
          ? []
          : [[title, kindTitles[of.kind], of.concurrency, summary.failures, summary.requests]];
      }),
    ),
    ...openStreams
      .filter(({ failures: missing }) => missing > 0)
      .map(({ target, failures: missing, streams }) => [
        titleOf(target, targets),
        "open streams",
        streams,
        missing,
        streams,
      ]),
    ...besideAgents
      .filter((one) => one.failures > 0)
      .map((one) => [
        one.title,
        `beside ${one.agents} agent turns`,
        "-",
        one.failures,
        one.requests,
      ]),
    ...agentTurns
      .filter((one) => one.failures > 0)
      .map((one) => ["agents", "turn", one.agents, one.failures, one.turns]),
  ];
  if (failed.length === 0) {
    const requests = measurements.reduce((sum, one) => sum + one.requests, 0);
    return `None: all ${requests.toLocaleString("en")} answers, all open streams and those beside agents were whole.`;
  }
  return table(
    ["Target", "Answer", "Concurrency", "Failures", "Answers"],
    failed.map((row) => row.map(String)),
  );
}
