/** Counts over time, in memory: one row of numbers for each step, in a ring. */
import { createHistogram, type Histogram } from "./histogram.ts";
import type { Moves } from "./moves.ts";
import type { MeasuredRequest } from "./tallies.ts";
import type { SeriesView } from "./views.ts";

/** What is counted in each step. */
const counted = [
  "requests",
  "clientErrors",
  "providerErrors",
  "relayErrors",
  "fallbacks",
  "retries",
  "tokensIn",
  "tokensOut",
  "costUsd",
] as const;
type Counted = (typeof counted)[number];
type Step = Record<Counted, number>;

/** A finished request, and how it moved from attempt to attempt. */
export interface CountedRequest {
  readonly request: MeasuredRequest;
  readonly moves: Moves;
}

export interface Series {
  count(counted: CountedRequest): void;
  /** Steps that are over, oldest first. */
  view(): SeriesView;
}

export interface SeriesOptions {
  readonly stepMs: number;
  readonly steps: number;
  /** Milliseconds from any origin, which never go back. */
  readonly now: () => number;
  /** Milliseconds since the epoch, read once: a clock that is set later moves no point. */
  readonly wallNow: () => number;
}

export function createSeries({ stepMs, steps, now, wallNow }: SeriesOptions): Series {
  const beganAtMs = now();
  const wallBeganAtMs = wallNow();
  const columns = new Map<Counted, Float64Array>(
    counted.map((name) => [name, new Float64Array(steps)]),
  );
  const p50 = new Float64Array(steps).fill(Number.NaN);
  const p99 = new Float64Array(steps).fill(Number.NaN);
  let firstOutput: Histogram = createHistogram();
  let current = emptyStep();
  /** The number of the current step since the start. */
  let at = 0;

  const close = () => {
    const slot = at % steps;
    for (const [name, column] of columns) {
      column[slot] = current[name];
    }
    p50[slot] = firstOutput.quantileMs(0.5) ?? Number.NaN;
    p99[slot] = firstOutput.quantileMs(0.99) ?? Number.NaN;
    current = emptyStep();
    if (firstOutput.count > 0) {
      firstOutput = createHistogram();
    }
    at += 1;
  };
  const catchUp = () => {
    const target = Math.floor((now() - beganAtMs) / stepMs);
    if (target - at > steps) {
      // After a long pause, only as many empty steps as the ring has.
      at = target - steps;
      current = emptyStep();
      firstOutput = createHistogram();
    }
    for (let missed = target - at; missed > 0; missed -= 1) {
      close();
    }
  };

  return {
    count({ request: { end, used, times }, moves }) {
      catchUp();
      current.requests += 1;
      if (end.fault !== undefined) {
        current[`${end.fault}Errors`] += 1;
      }
      current.fallbacks += moves.fallbacks.length;
      current.retries += moves.retries;
      current.tokensIn += used.tokensIn;
      current.tokensOut += used.tokensOut;
      current.costUsd += used.costUsd;
      if (end.outcome === "ok" && times.firstOutput !== undefined) {
        firstOutput.observe(times.firstOutput);
      }
    },
    view() {
      catchUp();
      const length = Math.min(at, steps);
      const rows = Array.from({ length }, (_, row) => at - length + row);
      const column = (name: Counted) => rows.map((step) => columns.get(name)?.[step % steps] ?? 0);
      const times = (values: Float64Array) =>
        rows.map((step) => {
          const value = values[step % steps] ?? Number.NaN;
          return Number.isNaN(value) ? null : Math.round(value * 10) / 10;
        });
      return {
        stepMs,
        at: rows.map((step) => Math.round((wallBeganAtMs + (step + 1) * stepMs) / 1000)),
        requests: column("requests"),
        clientErrors: column("clientErrors"),
        providerErrors: column("providerErrors"),
        relayErrors: column("relayErrors"),
        fallbacks: column("fallbacks"),
        retries: column("retries"),
        tokensIn: column("tokensIn"),
        tokensOut: column("tokensOut"),
        costUsd: column("costUsd"),
        firstOutputP50Ms: times(p50),
        firstOutputP99Ms: times(p99),
      };
    },
  };
}

function emptyStep(): Step {
  return {
    requests: 0,
    clientErrors: 0,
    providerErrors: 0,
    relayErrors: 0,
    fallbacks: 0,
    retries: 0,
    tokensIn: 0,
    tokensOut: 0,
    costUsd: 0,
  };
}
