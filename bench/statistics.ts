/** Statistics of the measurements. */
import type { ComparedKind } from "./answers.ts";
import { merge, quantileMs } from "./histogram.ts";
import { median } from "./median.ts";
import type { Measurement } from "./results.ts";
import type { TargetName } from "./targets.ts";

/** A kind of answer and a number of connections. */
export interface Case {
  readonly kind: ComparedKind;
  readonly concurrency: number;
}

/** The summary of all measurements of one target in one case. */
export interface Summary {
  readonly requests: number;
  readonly failures: number;
  /** Times are pooled over the rounds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteP50Ms: number;
  readonly firstByteP99Ms: number;
  /** NaN if events contain no times. */
  readonly latenessP50Ms: number;
  readonly latenessP99Ms: number;
  /** The median of the rounds. */
  readonly requestsPerSecond: number;
  /** The usage of the target's processes; NaN if unknown. */
  readonly cpuMsPerRequest: number;
  readonly peakRssBytes: number;
}

/** One rate as a share of another. */
export interface Share {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Both functions return undefined for a target that was not measured. */
export interface Statistics {
  summary(target: TargetName, of: Case): Summary | undefined;
  /**
   * A target's requests per second as a share of another's. Shares are computed per round, so a slowdown of a
   * whole round has no effect.
   */
  share(target: TargetName, reference: TargetName, of: Case): Share | undefined;
}

export function statisticsOf(measurements: readonly Measurement[]): Statistics {
  const find = (target: TargetName, { kind, concurrency }: Case) =>
    measurements.filter(
      (one) => one.target === target && one.kind === kind && one.concurrency === concurrency,
    );
  return {
    summary(target, of) {
      const found = find(target, of);
      return found.length === 0 ? undefined : summarize(found);
    },
    share(target, reference, of) {
      const references = new Map(find(reference, of).map((one) => [one.round, rateOf(one)]));
      const shares = find(target, of).flatMap((one) => {
        const rate = references.get(one.round);
        return rate === undefined ? [] : [rateOf(one) / rate];
      });
      return shares.length === 0
        ? undefined
        : { median: median(shares), lowest: Math.min(...shares), highest: Math.max(...shares) };
    },
  };
}

function summarize(measurements: readonly Measurement[]): Summary {
  const latency = merge(measurements.map((one) => one.latency));
  const firstByte = merge(measurements.map((one) => one.firstByte));
  const lateness = merge(measurements.map((one) => one.lateness));
  const requests = total(measurements.map((one) => one.requests));
  return {
    requests,
    failures: total(measurements.map((one) => one.failures)),
    p50Ms: quantileMs(latency, 0.5),
    p99Ms: quantileMs(latency, 0.99),
    firstByteP50Ms: quantileMs(firstByte, 0.5),
    firstByteP99Ms: quantileMs(firstByte, 0.99),
    latenessP50Ms: quantileMs(lateness, 0.5),
    latenessP99Ms: quantileMs(lateness, 0.99),
    requestsPerSecond: median(measurements.map(rateOf)),
    cpuMsPerRequest: total(measurements.map((one) => one.usage?.cpuMs ?? Number.NaN)) / requests,
    peakRssBytes: Math.max(...measurements.map((one) => one.usage?.peakRssBytes ?? Number.NaN)),
  };
}

function rateOf({ requests, elapsedMs }: Measurement): number {
  return requests / (elapsedMs / 1000);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
