/** What two builds' measurements say when they are compared. */
import { type Interval, median, medianInterval, minValues as minRounds } from "../median.ts";
import type { BuildMeasurement } from "./rounds.ts";

/** Something that is better when it is lower, or higher, and that one measurement gives. */
interface Metric {
  readonly title: string;
  readonly concurrency: number;
  readonly better: "lower" | "higher";
  /** NaN where it is not known. */
  readonly value: (measurement: BuildMeasurement) => number;
}

const cpuMsPerRequest = ({ cpuMs, requests }: BuildMeasurement) => (cpuMs ?? Number.NaN) / requests;

export const metrics = {
  firstByteMs: {
    title: "First byte, 1 connection",
    concurrency: 1,
    better: "lower",
    value: (one) => one.firstByteP50Ms,
  },
  requestsPerSecond: {
    title: "Requests/s, 16 connections",
    concurrency: 16,
    better: "higher",
    value: (one) => one.requests / (one.elapsedMs / 1000),
  },
  cpuMsAlone: {
    title: "CPU/request, 1 connection",
    concurrency: 1,
    better: "lower",
    value: cpuMsPerRequest,
  },
  cpuMsBusy: {
    title: "CPU/request, 16 connections",
    concurrency: 16,
    better: "lower",
    value: cpuMsPerRequest,
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as readonly MetricName[];

/** What is asked of each figure: not to be worse by more. */
export const tolerance = 0.03;

/**
 * - `worse`: by more than the tolerance, and the noise does not explain it: the whole interval is beyond;
 * - `unclear`: the noise is too large to say so, or the contrary, or there are too few rounds to know it;
 * - `held`: the whole interval is within the tolerance, or better.
 */
type Verdict = "worse" | "unclear" | "held";

/** One metric of one case. */
export interface Figure {
  readonly case: string;
  readonly metric: MetricName;
  readonly rounds: number;
  /** Medians of the rounds. */
  readonly before: number;
  readonly after: number;
  /** After, as a multiple of before: the median of the rounds' ratios, and where it is with 95 % confidence. */
  readonly ratio: number;
  readonly interval: Interval;
  readonly verdict: Verdict;
}

/** Each case's figures that were measured in both builds, in the order of the cases and metrics. */
export function figuresOf(measurements: readonly BuildMeasurement[]): Figure[] {
  const byCase = Object.groupBy(measurements, (one) => one.case);
  return Object.entries(byCase).flatMap(([name, found = []]) =>
    metricNames.flatMap((metric) => figureOf(name, metric, found) ?? []),
  );
}

function figureOf(
  name: string,
  metric: MetricName,
  found: readonly BuildMeasurement[],
): Figure | undefined {
  const { concurrency, value, better } = metrics[metric];
  const valuesOf = (build: BuildMeasurement["build"]) =>
    new Map(
      found
        .filter((one) => one.build === build && one.concurrency === concurrency)
        .map((one) => [one.round, value(one)]),
    );
  const before = valuesOf("before");
  const pairs = [...valuesOf("after")].flatMap(([round, after]) => {
    const pair = { before: before.get(round) ?? Number.NaN, after };
    return Number.isFinite(pair.after / pair.before) ? [pair] : [];
  });
  if (pairs.length === 0) {
    return undefined;
  }
  const ratios = pairs.map((pair) => pair.after / pair.before);
  const interval = medianInterval(ratios);
  return {
    case: name,
    metric,
    rounds: pairs.length,
    before: median(pairs.map((pair) => pair.before)),
    after: median(pairs.map((pair) => pair.after)),
    ratio: median(ratios),
    interval,
    verdict: verdictOf({ interval, rounds: pairs.length }, better),
  };
}

export function verdictOf(
  { interval: { low, high }, rounds }: Pick<Figure, "interval" | "rounds">,
  better: Metric["better"],
): Verdict {
  const [best, worst] = better === "lower" ? [low, high] : [1 / high, 1 / low];
  if (worst <= 1 + tolerance) {
    return "held";
  }
  return best > 1 + tolerance && rounds >= minRounds ? "worse" : "unclear";
}
