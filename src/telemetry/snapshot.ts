/** The one bounded snapshot that events feed and all views read. */
import { type BoundedTable, createBoundedTable, otherName } from "./bounded-table.ts";
import type { AttemptEnd, LimitRefusal, RequestEnd, RunCallEnd, Subscriber } from "./events.ts";
import { createHistogram, type Histogram, mergedHistogram, timeOf } from "./histogram.ts";
import { type Moves, movesOf } from "./moves.ts";
import { createRecent, type Recent } from "./recent.ts";
import { createRequestRing, type RequestRing } from "./request-ring.ts";
import { isAgentRun, keptRequest, usedBy } from "./request-view.ts";
import { type CountedRequest, createSeries, type Series } from "./series.ts";
import {
  AttemptTally,
  type MeasuredTimes,
  measuredTimes,
  observed,
  RequestTally,
} from "./tallies.ts";

/** A provider's model in one protocol, for one kind of request. */
export interface TargetLabels {
  /** `chat` or `embeddings`. */
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly wire: string;
}

/** A tally with what it counts. */
export interface Labelled<L, V> {
  readonly labels: L;
  readonly tally: V;
}

interface FallbackCount {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  count: number;
}

/** What the callers of one key were refused, by the limit's name. */
interface KeyRefusals {
  readonly key: string;
  readonly byLimit: Map<string, number>;
}

/** The attributes of the OpenTelemetry GenAI metrics. */
export interface GenAiLabels {
  /** `chat`, `embeddings` or `invoke_agent`. */
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  /** Empty for attempts. */
  readonly mode: string;
  /** The outcome of a failure; empty for a success. */
  readonly errorType: string;
}

/** Times by the attributes of the OpenTelemetry GenAI metrics. */
export interface GenAiTimes {
  readonly duration: Histogram;
  firstOutput: Histogram | undefined;
  betweenTokens: Histogram | undefined;
}

/** One of the last minutes, for alerts. */
interface RecentRequests {
  requests: number;
  providerErrors: number;
  relayErrors: number;
  fellBack: number;
  firstOutput: Histogram | undefined;
}

export interface Snapshot {
  readonly subscriber: Subscriber;
  readonly startedAtMs: number;
  readonly total: RequestTally;
  readonly modes: BoundedTable<string, Labelled<string, RequestTally>>;
  readonly agents: BoundedTable<string, Labelled<string, RequestTally>>;
  readonly keys: BoundedTable<string, Labelled<string, RequestTally>>;
  readonly endpoints: BoundedTable<string, Labelled<string, RequestTally>>;
  readonly providers: BoundedTable<string, Labelled<string, AttemptTally>>;
  readonly targets: BoundedTable<TargetLabels, Labelled<TargetLabels, AttemptTally>>;
  readonly fallbacks: BoundedTable<Omit<FallbackCount, "count">, FallbackCount>;
  readonly refusals: BoundedTable<string, KeyRefusals>;
  /** As callers see them: `gen_ai.server.*`. */
  readonly served: BoundedTable<GenAiLabels, Labelled<GenAiLabels, GenAiTimes>>;
  /** Each attempt: `gen_ai.client.*`. */
  readonly called: BoundedTable<GenAiLabels, Labelled<GenAiLabels, GenAiTimes>>;
  readonly counts: {
    openRequests: number;
    openStreams: number;
    attempts: number;
    retries: number;
    fallbacks: number;
  };
  /** Full agent turns that succeeded. */
  readonly agentTurns: { samples: number; tokensIn: number; costUsd: number };
  readonly requests: RequestRing;
  readonly lastHour: Series;
  readonly lastDay: Series;
  readonly recent: Recent<RecentRequests>;
}

export interface SnapshotOptions {
  /** Milliseconds from any origin, which never go back. */
  readonly now?: () => number;
  /** Milliseconds since the epoch. */
  readonly wallNow?: () => number;
}

/** Histograms take some 20 lines of metrics for each set of labels. */
const maxGenAiSeries = 24;

export function createSnapshot(options: SnapshotOptions = {}): Snapshot {
  const { now = () => performance.now(), wallNow = Date.now } = options;
  const snapshot: Snapshot = {
    subscriber: (event) => {
      if (event.kind === "request-start") {
        snapshot.counts.openRequests += 1;
      } else if (event.kind === "first-output") {
        snapshot.counts.openStreams += event.isStream ? 1 : 0;
      } else if (event.kind === "attempt-end") {
        countAttempt(snapshot, event);
      } else if (event.kind === "request-end") {
        countRequest(snapshot, event);
      } else if (event.kind === "run-call-end") {
        countRunCall(snapshot, event);
      } else if (event.kind === "limit-refusal") {
        countRefusal(snapshot, event);
      }
    },
    startedAtMs: wallNow(),
    total: new RequestTally(),
    modes: requestTable(),
    agents: requestTable(),
    keys: requestTable(),
    endpoints: requestTable(),
    providers: createBoundedTable({
      create: (labels) => ({ labels, tally: new AttemptTally(now) }),
      fold: (into, from) => into.tally.fold(from.tally),
      other: otherName,
    }),
    targets: createBoundedTable({
      create: (labels) => ({ labels, tally: new AttemptTally(now) }),
      fold: (into, from) => into.tally.fold(from.tally),
      other: {
        operation: otherName,
        provider: otherName,
        model: otherName,
        wire: otherName,
      },
    }),
    fallbacks: createBoundedTable({
      create: (labels) => ({ ...labels, count: 0 }),
      fold: (into, from) => {
        into.count += from.count;
      },
      other: { from: otherName, to: otherName, reason: otherName },
    }),
    refusals: createBoundedTable({
      create: (key) => ({ key, byLimit: new Map() }),
      fold: foldRefusals,
      other: otherName,
    }),
    served: genAiTable(),
    called: genAiTable(),
    counts: { openRequests: 0, openStreams: 0, attempts: 0, retries: 0, fallbacks: 0 },
    agentTurns: { samples: 0, tokensIn: 0, costUsd: 0 },
    requests: createRequestRing(),
    lastHour: createSeries({ stepMs: 5000, steps: 720, now, wallNow }),
    lastDay: createSeries({ stepMs: 60_000, steps: 1440, now, wallNow }),
    recent: createRecent<RecentRequests>(newRecent, now),
  };
  return snapshot;
}

function requestTable(): Snapshot["keys"] {
  return createBoundedTable<string, Labelled<string, RequestTally>>({
    create: (labels) => ({ labels, tally: new RequestTally() }),
    fold: (into, from) => into.tally.fold(from.tally),
    other: otherName,
  });
}

function genAiTable(): Snapshot["served"] {
  return createBoundedTable<GenAiLabels, Labelled<GenAiLabels, GenAiTimes>>({
    create: (labels) => ({
      labels,
      tally: { duration: createHistogram(), firstOutput: undefined, betweenTokens: undefined },
    }),
    fold: ({ tally: into }, { tally: from }) => {
      into.duration.add(from.duration);
      into.firstOutput = mergedHistogram([into.firstOutput, from.firstOutput]);
      into.betweenTokens = mergedHistogram([into.betweenTokens, from.betweenTokens]);
    },
    other: {
      operation: otherName,
      provider: otherName,
      model: otherName,
      mode: otherName,
      errorType: otherName,
    },
    maxNames: maxGenAiSeries,
  });
}

function countAttempt(snapshot: Snapshot, { attempt, endpoint, isStream }: AttemptEnd): void {
  snapshot.counts.attempts += 1;
  const { route, isSkipped, wire = "", outcome } = attempt;
  if (route === undefined || isSkipped || isAgentRun(attempt.target)) {
    return;
  }
  const { provider, modelId: model } = route;
  const times = measuredTimes(attempt, isStream, attempt.usage);
  snapshot.providers.use(provider, provider).tally.count(attempt, times);
  const operation = operationOf(endpoint, undefined);
  targetOf(snapshot, { operation, provider, model, wire }).tally.count(attempt, times);
  const errorType = outcome === "ok" ? "" : outcome;
  observeTimes(snapshot.called, { operation, provider, model, mode: "", errorType }, times);
}

function targetOf({ targets }: Snapshot, labels: TargetLabels) {
  const { operation, provider, model, wire } = labels;
  return targets.use(
    `${operation}${separator}${provider}${separator}${model}${separator}${wire}`,
    labels,
  );
}

function countRequest(snapshot: Snapshot, end: RequestEnd): void {
  const { mode = "", agentId = "", caller = "", endpoint, outcome } = end;
  const used = usedBy(end.attempts);
  const times = measuredTimes(end, end.isStream, used);
  const overhead = end.attempts.length > 0 ? timeOf(end.overheadMs) : undefined;
  const request = { end, used, times, overhead };
  snapshot.total.count(request);
  snapshot.modes.use(mode, mode).tally.count(request);
  snapshot.agents.use(agentId, agentId).tally.count(request);
  snapshot.keys.use(caller, caller).tally.count(request);
  snapshot.endpoints.use(endpoint, endpoint).tally.count(request);
  const route = end.answeredBy?.route;
  if (route !== undefined) {
    const { provider, modelId: model } = route;
    const operation = operationOf(endpoint, mode);
    const errorType = outcome === "ok" ? "" : outcome;
    observeTimes(snapshot.served, { operation, provider, model, mode, errorType }, times);
  }
  const moves = countMoves(snapshot, end);
  const counted = { request, moves };
  snapshot.lastHour.count(counted);
  snapshot.lastDay.count(counted);
  countRecent(snapshot.recent.current(), counted);
  if (mode === "agent" && outcome === "ok") {
    const { agentTurns } = snapshot;
    agentTurns.samples += 1;
    agentTurns.tokensIn += used.tokensIn;
    agentTurns.costUsd += used.costUsd;
  }
  snapshot.counts.openRequests -= 1;
  snapshot.counts.openStreams -= end.isStream && end.firstOutputMs !== undefined ? 1 : 0;
  snapshot.requests.add(keptRequest(end, used));
}

function countMoves({ counts, fallbacks }: Snapshot, { attempts }: RequestEnd): Moves {
  const moves = movesOf(attempts);
  counts.retries += moves.retries;
  counts.fallbacks += moves.fallbacks.length;
  for (const { from, to, reason } of moves.fallbacks) {
    const name = `${from}${separator}${to}${separator}${reason}`;
    fallbacks.use(name, { from, to, reason }).count += 1;
  }
  return moves;
}

export function operationOf(endpoint: string, mode: string | undefined): string {
  return mode === "agent" ? "invoke_agent" : endpoint === "embeddings" ? "embeddings" : "chat";
}

function observeTimes(
  table: Snapshot["served"],
  labels: GenAiLabels,
  { duration, firstOutput, betweenTokens }: MeasuredTimes,
): void {
  const { operation, provider, model, mode, errorType } = labels;
  const name = `${operation}${separator}${provider}${separator}${model}${separator}${mode}${separator}${errorType}`;
  const { tally } = table.use(name, labels);
  tally.duration.observe(duration);
  if (errorType === "") {
    tally.firstOutput = observed(tally.firstOutput, firstOutput);
    tally.betweenTokens = observed(tally.betweenTokens, betweenTokens);
  }
}

/** Keeps the parts of a name apart: no provider, model or target contains a line feed. */
const separator = "\n";

function countRecent(recent: RecentRequests, { request, moves }: CountedRequest): void {
  const { fault, outcome } = request.end;
  recent.requests += 1;
  recent.providerErrors += fault === "provider" ? 1 : 0;
  recent.relayErrors += fault === "relay" ? 1 : 0;
  recent.fellBack += moves.fallbacks.length > 0 ? 1 : 0;
  if (outcome === "ok") {
    recent.firstOutput = observed(recent.firstOutput, request.times.firstOutput);
  }
}

function newRecent(): RecentRequests {
  return { requests: 0, providerErrors: 0, relayErrors: 0, fellBack: 0, firstOutput: undefined };
}

/** What the last five minutes have together. */
export function recentRequests({ recent }: Pick<Snapshot, "recent">): Readonly<RecentRequests> {
  const minutes = recent.values();
  const sum = (of: (minute: RecentRequests) => number) =>
    minutes.reduce((total, minute) => total + of(minute), 0);
  return {
    requests: sum(({ requests }) => requests),
    providerErrors: sum(({ providerErrors }) => providerErrors),
    relayErrors: sum(({ relayErrors }) => relayErrors),
    fellBack: sum(({ fellBack }) => fellBack),
    firstOutput: mergedHistogram(minutes.map(({ firstOutput }) => firstOutput)),
  };
}

function countRunCall(snapshot: Snapshot, { route, usage, costUsd }: RunCallEnd): void {
  const { provider, modelId: model } = route;
  snapshot.providers.use(provider, provider).tally.countRunCall(usage, costUsd);
  const labels = { operation: "chat", provider, model, wire: "agent-run" };
  targetOf(snapshot, labels).tally.countRunCall(usage, costUsd);
}

function countRefusal({ refusals }: Snapshot, { caller, limit }: LimitRefusal): void {
  const { byLimit } = refusals.use(caller, caller);
  byLimit.set(limit, (byLimit.get(limit) ?? 0) + 1);
}

function foldRefusals({ byLimit: into }: KeyRefusals, { byLimit: from }: KeyRefusals): void {
  for (const [limit, count] of from) {
    into.set(limit, (into.get(limit) ?? 0) + count);
  }
}
