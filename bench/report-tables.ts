/** The tables of the report. */
import type { ComparedKind } from "./answers.ts";
import { kindTitles } from "./goals.ts";
import { quantileMs } from "./histogram.ts";
import type { BenchRun } from "./results.ts";
import type { Case, Statistics, Summary } from "./statistics.ts";
import { table } from "./table.ts";
import type { TargetName } from "./targets.ts";

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
      "stream: requests/s",
    ],
    targets.map(({ name, title }) => [
      title,
      firstByteOverDirect(name, "json"),
      firstByteOverDirect(name, "burst"),
      throughput(name, "json"),
      throughput(name, "burst"),
    ]),
  );
}

/** The table of concurrently open streams. */
export function openStreamsTable({ openStreams, targets }: BenchRun): string {
  return table(
    [
      "Target",
      "Open at once",
      "First byte p50 ms",
      "First byte p99 ms",
      "Lateness p50 ms",
      "Lateness p99 ms",
      "Heap of each, kB",
      "Heap left of each, kB",
    ],
    openStreams.map(({ target, streams, openAtOnce, firstByte, lateness, heapBytes }) => {
      const kilobytesOfEach = (bytes: number) => (bytes / streams / 1000).toFixed(1);
      return [
        targets.find(({ name }) => name === target)?.title ?? target,
        String(openAtOnce),
        milliseconds(quantileMs(firstByte, 0.5)),
        milliseconds(quantileMs(firstByte, 0.99)),
        milliseconds(quantileMs(lateness, 0.5)),
        milliseconds(quantileMs(lateness, 0.99)),
        heapBytes ? kilobytesOfEach(heapBytes.open - heapBytes.before) : "-",
        heapBytes ? kilobytesOfEach(heapBytes.after - heapBytes.before) : "-",
      ];
    }),
  );
}

/** The failed answers of each target. */
export function failures(measured: Measured): string {
  const { targets, statistics, measurements, openStreams, conditions } = measured;
  const titleOf = (target: TargetName) =>
    targets.find(({ name }) => name === target)?.title ?? target;
  const cases = (["json", "burst", "paced"] as const).flatMap((kind) =>
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
        titleOf(target),
        "open streams",
        streams,
        missing,
        streams,
      ]),
  ];
  if (failed.length === 0) {
    const requests = measurements.reduce((sum, one) => sum + one.requests, 0);
    return `None: all ${requests.toLocaleString("en")} answers and all open streams were whole.`;
  }
  return table(
    ["Target", "Answer", "Concurrency", "Failures", "Answers"],
    failed.map((row) => row.map(String)),
  );
}
