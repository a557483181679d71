/** The performance goals, and whether a run meets them. */
import type { ComparedKind } from "./answers.ts";
import { merge, quantileMs } from "./histogram.ts";
import { median } from "./median.ts";
import type { BenchRun, Growth, OpenStreams, Start } from "./results.ts";
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

/** The goals of issue 11, in its order; those on p99 and on light mode's added time, and those of 1,000 streams on the gateway's route are issue 5's. */
const besideAgents = { targets: ["listener", "listenerLight"], agents: [1, 4] } as const;
const maxFirstByteTimes = 1.5;
const maxFirstByteP99Ms = 15;
const unpacedKinds = ["json", "packet", "burst"] as const;
const maxFirstByteAddedMs = { p50: 0.2, p99: 3 };
const minShares: readonly {
  readonly target: TargetName;
  readonly reference: TargetName;
  readonly kind: ComparedKind;
  readonly share: number;
}[] = [
  { target: "listener", reference: "emptyPlugin", kind: "json", share: 2 },
  { target: "listener", reference: "portkey", kind: "json", share: 4 },
  { target: "listener", reference: "direct", kind: "packet", share: 0.5 },
  { target: "listener", reference: "portkey", kind: "packet", share: 10 },
  { target: "listener", reference: "direct", kind: "burst", share: 0.8 },
  { target: "listener", reference: "portkey", kind: "burst", share: 10 },
  ...unpacedKinds.map(
    (kind) => ({ target: "listenerLight", reference: "listener", kind, share: 0.8 }) as const,
  ),
  ...unpacedKinds.map(
    (kind) => ({ target: "gateway", reference: "emptyGateway", kind, share: 0.85 }) as const,
  ),
];
const maxGatewayAddedMs = 0.6;
const maxLightAddedMs = 0.2;
const maxStreamLatenessMs = 50;
/** The listener's streams take nothing from the gateway's thread; what else that thread does in the meantime is less than this. */
const noHeapBytesPerStream = 1000;
const maxHeapBytesPerStream = { worker: 30_000, gateway: 40_000 };
const maxStreamsRssBytes = 300e6;
const maxWorkerRssBytes = 60e6;
const maxWorkerStartMs = 150;
/** A start takes seconds; a median of a few starts is not surer than this. */
const maxReadyDelayMs = 100;

export const kindTitles: Readonly<Record<ComparedKind, string>> = {
  json: "JSON",
  burst: "stream, event by event",
  packet: "stream in one packet",
  paced: "paced stream",
};

const surfaceTitles: Partial<Record<TargetName, string>> = {
  listener: "listener",
  listenerLight: "listener, light",
  virtualKey: "virtual key",
  gateway: "gateway token",
};
const referenceTitles: Partial<Record<TargetName, string>> = {
  emptyPlugin: "the empty plugin route's",
  emptyGateway: "the empty gateway route's",
  listener: "passthrough's",
  portkey: "Portkey's",
  direct: "direct's",
};

/** Each goal with the verdict of the run. */
export function judge(run: BenchRun): Verdict[] {
  const statistics = statisticsOf(run.measurements);
  const added = (
    kind: ComparedKind,
    keys: readonly [TargetName, TargetName, keyof Summary],
  ): number | undefined => difference(statistics, { kind, concurrency: 1 }, keys);
  return [
    ...besideAgentsVerdicts(run),
    ...unpacedKinds.flatMap((kind) => [
      atMostMs(
        `listener, ${kindTitles[kind]}, concurrency 1: first byte, p50, over direct's`,
        maxFirstByteAddedMs.p50,
        added(kind, ["listener", "direct", "firstByteP50Ms"]),
      ),
      atMostMs(
        `listener, ${kindTitles[kind]}, concurrency 1: first byte, p99, over direct's`,
        maxFirstByteAddedMs.p99,
        added(kind, ["listener", "direct", "firstByteP99Ms"]),
      ),
    ]),
    ...minShares.map(({ target, reference, kind, share }) =>
      atLeast(
        `${surfaceTitles[target]}, ${kindTitles[kind]}, concurrency 16: requests/s, of ${referenceTitles[reference]}`,
        share,
        statistics.share(target, reference, { kind, concurrency: 16 }),
      ),
    ),
    ...unpacedKinds.map((kind) =>
      atMostMs(
        `gateway token, ${kindTitles[kind]}, concurrency 1: first byte, p50, over the empty gateway route's`,
        maxGatewayAddedMs,
        added(kind, ["gateway", "emptyGateway", "firstByteP50Ms"]),
      ),
    ),
    ...unpacedKinds.map((kind) =>
      atMostMs(
        `listener, light, ${kindTitles[kind]}, concurrency 1: p50, over passthrough's`,
        maxLightAddedMs,
        added(kind, ["listenerLight", "listener", "p50Ms"]),
      ),
    ),
    ...openStreamVerdicts(run),
    ...startVerdicts(run.starts),
  ];
}

/** The time to first byte beside so many agent turns. @returns NaN for a target that was not measured so. */
export function besideAgentsMs(
  run: Pick<BenchRun, "besideAgents">,
  of: { readonly target: TargetName; readonly agents: number },
  share: number,
): number {
  const found = run.besideAgents.filter(
    ({ target, agents }) => target === of.target && agents === of.agents,
  );
  return quantileMs(merge(found.map(({ firstByte }) => firstByte)), share);
}

function besideAgentsVerdicts(run: BenchRun): Verdict[] {
  return besideAgents.targets.flatMap((target) =>
    besideAgents.agents.flatMap((agents) => {
      const goal = `${surfaceTitles[target]}, beside ${agents} agent turn${agents === 1 ? "" : "s"}: first byte`;
      const timesAlone =
        besideAgentsMs(run, { target, agents }, 0.9) /
        besideAgentsMs(run, { target, agents: 0 }, 0.9);
      return [
        atMost(
          `${goal}, p90, of that without agents`,
          [maxFirstByteTimes, units.times],
          timesAlone,
        ),
        atMostMs(`${goal}, p99`, maxFirstByteP99Ms, besideAgentsMs(run, { target, agents }, 0.99)),
      ];
    }),
  );
}

function openStreamVerdicts({ openStreams }: BenchRun): Verdict[] {
  const find = (target: TargetName, kind: OpenStreams["kind"]) =>
    openStreams.find((one) => one.target === target && one.kind === kind);
  const steady = find("listener", "steady");
  const sparse = find("listener", "sparse");
  const atGateway = find("virtualKey", "steady");
  const ofSteady = openStreamsTitle("listener", steady?.streams ?? 1000);
  const ofSparse = openStreamsTitle("listener", sparse?.streams ?? 5000);
  const ofGateway = openStreamsTitle("virtual key", atGateway?.streams ?? 1000);
  return [
    atMost(
      `${ofSteady}: worker's heap of each`,
      [maxHeapBytesPerStream.worker, units.kilobytes],
      heapOfEach(steady, "workerHeapBytes"),
    ),
    atMost(
      `${ofSteady}: heap of each in the gateway's thread`,
      [noHeapBytesPerStream, units.kilobytes],
      heapOfEach(steady, "heapBytes"),
    ),
    atMostMs(`${ofSteady}: lateness of an event, p99`, maxStreamLatenessMs, lateness(steady)),
    atMostMs(`${ofSparse}: lateness of an event, p99`, maxStreamLatenessMs, lateness(sparse)),
    atMost(
      `${ofSparse}: growth of the gateway's RSS`,
      [maxStreamsRssBytes, units.megabytes],
      sparse?.rssBytes && sparse.rssBytes.open - sparse.rssBytes.before,
    ),
    atMost(
      `${ofGateway}: heap of each, both threads`,
      [maxHeapBytesPerStream.gateway, units.kilobytes],
      sum(heapOfEach(atGateway, "heapBytes"), heapOfEach(atGateway, "workerHeapBytes") ?? 0),
    ),
    atMostMs(`${ofGateway}: lateness of an event, p99`, maxStreamLatenessMs, lateness(atGateway)),
  ];
}

function openStreamsTitle(surface: string, streams: number): string {
  return `${surface}, ${streams.toLocaleString("en")} paced streams open at once`;
}

function lateness(found: OpenStreams | undefined): number | undefined {
  return found === undefined ? undefined : quantileMs(found.lateness, 0.99);
}

function heapOfEach(
  found: OpenStreams | undefined,
  thread: "heapBytes" | "workerHeapBytes",
): number | undefined {
  const growth: Growth | undefined = found?.[thread];
  return found && growth && (growth.open - growth.before) / found.streams;
}

function sum(value: number | undefined, more: number): number | undefined {
  return value === undefined ? undefined : value + more;
}

function startVerdicts(starts: readonly Start[]): Verdict[] {
  const hasWorker = starts.some(({ workerStartedInMs }) => workerStartedInMs !== undefined);
  const added = (value: (start: Start) => number | undefined) =>
    hasWorker ? medianOf(starts, true, value) - medianOf(starts, false, value) : Number.NaN;
  return [
    atMost(
      "worker at rest: the gateway's RSS, over that without the plugin",
      [maxWorkerRssBytes, units.megabytes],
      added((start) => start.residentBytes),
    ),
    atMostMs(
      "worker: started in",
      maxWorkerStartMs,
      medianOf(starts, true, (start) => start.workerStartedInMs),
    ),
    atMostMs(
      "gateway: ready, later than without the plugin",
      maxReadyDelayMs,
      added((start) => start.readyAfterMs),
    ),
  ];
}

/** The median of a number of the starts with the plugin, or of those without; NaN if none has it. */
export function medianOf(
  starts: readonly Start[],
  withPlugin: boolean,
  value: (start: Start) => number | undefined,
): number {
  return median(
    starts
      .filter((start) => start.withPlugin === withPlugin)
      .flatMap((start) => value(start) ?? []),
  );
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

interface Unit {
  readonly name: string;
  readonly size: number;
  readonly digits: number;
}

const units = {
  milliseconds: { name: " ms", size: 1, digits: 2 },
  kilobytes: { name: " kB", size: 1000, digits: 1 },
  megabytes: { name: " MB", size: 1e6, digits: 1 },
  times: { name: "×", size: 1, digits: 2 },
} as const satisfies Record<string, Unit>;

/** @param value undefined or NaN if it was not measured. */
function atMost(
  goal: string,
  [most, { name, size, digits }]: readonly [most: number, unit: Unit],
  value: number | undefined,
): Verdict {
  return {
    goal,
    wanted: `at most ${most / size}${name}`,
    ...(value !== undefined &&
      !Number.isNaN(value) && {
        measured: `${(value / size).toFixed(digits)}${name}`,
        isMet: value <= most,
      }),
  };
}

function atMostMs(goal: string, mostMs: number, valueMs: number | undefined): Verdict {
  return atMost(goal, [mostMs, units.milliseconds], valueMs);
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
