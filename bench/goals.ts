/** The performance goals, and whether a run meets them. */
import type { ComparedKind } from "./answers.ts";
import { quantileMs } from "./histogram.ts";
import type { BenchRun } from "./results.ts";
import {
  type Case,
  type Share,
  type Statistics,
  statisticsOf,
  type Summary,
} from "./statistics.ts";
import type { TargetName } from "./targets.ts";

export interface Verdict {
  readonly goal: string;
  readonly wanted: string;
  /** Undefined if the run lacks the measurements for it. */
  readonly measured?: string;
  readonly isMet?: boolean;
}

/** The goals of issue 5, in its order. */
const maxFirstByteAddedMs = { p50: 0.4, p99: 3 };
const minShares: readonly {
  readonly target: TargetName;
  readonly reference: TargetName;
  readonly kind: ComparedKind;
  readonly share: number;
}[] = [
  { target: "virtualKey", reference: "emptyPlugin", kind: "json", share: 0.6 },
  { target: "virtualKey", reference: "portkey", kind: "json", share: 4 },
  { target: "virtualKey", reference: "direct", kind: "burst", share: 0.33 },
  { target: "virtualKey", reference: "portkey", kind: "burst", share: 10 },
  { target: "gateway", reference: "emptyGateway", kind: "json", share: 0.9 },
  { target: "gateway", reference: "emptyGateway", kind: "burst", share: 0.9 },
];
const maxHeapBytesPerStream = 40_000;
const maxStreamLatenessMs = 50;
const maxLightAddedMs = 0.2;

export const kindTitles: Readonly<Record<ComparedKind, string>> = {
  json: "JSON",
  burst: "stream",
  paced: "paced stream",
};

const surfaceTitles: Partial<Record<TargetName, string>> = {
  virtualKey: "virtual key",
  gateway: "gateway token",
};
const referenceTitles: Partial<Record<TargetName, string>> = {
  emptyPlugin: "the empty plugin route's",
  emptyGateway: "the empty gateway route's",
  portkey: "Portkey's",
  direct: "direct's",
};

/** Each goal with the verdict of the run. */
export function judge(run: BenchRun): Verdict[] {
  const statistics = statisticsOf(run.measurements);
  return [
    ...firstByteVerdicts(statistics),
    ...minShares.map(({ target, reference, kind, share }) =>
      atLeast(
        `${surfaceTitles[target]}, ${kindTitles[kind]}, concurrency 16: requests/s, of ${referenceTitles[reference]}`,
        share,
        statistics.share(target, reference, { kind, concurrency: 16 }),
      ),
    ),
    ...openStreamVerdicts(run),
    ...(["json", "burst"] as const).map((kind) =>
      atMostMs(
        `light, ${kindTitles[kind]}, concurrency 1: p50, over passthrough's`,
        maxLightAddedMs,
        difference(statistics, { kind, concurrency: 1 }, ["light", "virtualKey", "p50Ms"]),
      ),
    ),
  ];
}

function firstByteVerdicts(statistics: Statistics): Verdict[] {
  const verdict = (kind: ComparedKind, quantile: "p50" | "p99") =>
    atMostMs(
      `virtual key, ${kindTitles[kind]}, concurrency 1: first byte, ${quantile}, over direct's`,
      maxFirstByteAddedMs[quantile],
      difference(statistics, { kind, concurrency: 1 }, [
        "virtualKey",
        "direct",
        quantile === "p50" ? "firstByteP50Ms" : "firstByteP99Ms",
      ]),
    );
  return [
    verdict("json", "p50"),
    verdict("burst", "p50"),
    verdict("json", "p99"),
    verdict("burst", "p99"),
  ];
}

function openStreamVerdicts({ openStreams }: BenchRun): Verdict[] {
  const found = openStreams.find(({ target }) => target === "virtualKey");
  const goal = `virtual key, ${found?.streams ?? 1000} paced streams open at once`;
  const heapBytes =
    found?.heapBytes === undefined
      ? undefined
      : (found.heapBytes.open - found.heapBytes.before) / found.streams;
  return [
    {
      goal: `${goal}: heap of each`,
      wanted: `under ${maxHeapBytesPerStream / 1000} kB`,
      ...(heapBytes !== undefined && {
        measured: `${(heapBytes / 1000).toFixed(1)} kB`,
        isMet: heapBytes < maxHeapBytesPerStream,
      }),
    },
    atMostMs(
      `${goal}: lateness of an event, p99`,
      maxStreamLatenessMs,
      found && quantileMs(found.lateness, 0.99),
    ),
  ];
}

function difference(
  statistics: Statistics,
  of: Case,
  [target, reference, key]: readonly [TargetName, TargetName, keyof Summary],
): number | undefined {
  const own = statistics.summary(target, of);
  const other = statistics.summary(reference, of);
  return own && other && own[key] - other[key];
}

function atMostMs(goal: string, mostMs: number, valueMs: number | undefined): Verdict {
  return {
    goal,
    wanted: `at most ${mostMs} ms`,
    ...(valueMs !== undefined && {
      measured: `${valueMs.toFixed(2)} ms`,
      isMet: valueMs <= mostMs,
    }),
  };
}

function atLeast(goal: string, least: number, share: Share | undefined): Verdict {
  const text = least < 1 ? percent : times;
  return {
    goal,
    wanted: `at least ${text(least)}`,
    ...(share !== undefined && {
      measured: `${text(share.median)} (${text(share.lowest)} to ${text(share.highest)})`,
      isMet: share.median >= least,
    }),
  };
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function times(share: number): string {
  return `${Math.round(share * 10) / 10}×`;
}
