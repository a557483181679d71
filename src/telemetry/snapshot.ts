/** The one bounded snapshot that events feed and all views read. */
import { type BoundedTable, createBoundedTable, otherName } from "./bounded-table.ts";
import type { AttemptEnd, LimitRefusal, RequestEnd, RunCallEnd, Subscriber } from "./events.ts";
import { createHistogram, type Histogram, mergedHistogram } from "./histogram.ts";
import { movesOf } from "./moves.ts";
import { createRecent } from "./recent.ts";
import { createRequestRing, type RequestRing } from "./request-ring.ts";
import { isAgentRun, keptRequest, usedBy } from "./request-view.ts";
import { createSeries, type Series } from "./series.ts";
import { AttemptTally, RequestTally } from "./tallies.ts";

/** A provider's model in one protocol. */
export interface TargetLabels {
  readonly provider: string;
  readonly model: string;
  readonly wire: string;
}

/** A tally with what it counts. */
export interface Labelled<L, V> {
  readonly labels: L;
  readonly tally: V;
}

export interface FallbackCount {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  count: number;
}

/** What the callers of one key were refused, by the limit's name. */
export interface KeyRefusals {
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

/** The current five minutes, for alerts. */
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
  /** The last five minutes. */
  recent(): Readonly<RecentRequests>;
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
  const recent = createRecent<RecentRequests>(
    () => ({
      requests: 0,
      providerErrors: 0,
      relayErrors: 0,
      fellBack: 0,
      firstOutput: undefined,
    }),
    now,
  );
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
        countRecent(recent.current(), event);
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
      other: { provider: otherName, model: otherName, wire: otherName },
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
    recent: () => sumOfRecent(recent.values()),
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
  const { route, isSkipped } = attempt;
  if (route === undefined || isSkipped || isAgentRun(attempt.target)) {
    return;
  }
  const { provider, modelId: model } = route;
  const wire = attempt.wire ?? "";
  snapshot.providers.use(provider, provider).tally.count(attempt, isStream);
  const labels = { provider, model, wire };
  snapshot.targets.use(nameOf(provider, model, wire), labels).tally.count(attempt, isStream);
  const errorType = attempt.outcome === "ok" ? "" : attempt.outcome;
  observeTimes(
    snapshot.called,
    { operation: operationOf(endpoint, undefined), provider, model, mode: "", errorType },
    { ...timesOf(attempt), isStream },
  );
}

function countRequest(snapshot: Snapshot, end: RequestEnd): void {
  const { counts, agentTurns } = snapshot;
  const used = usedBy(end.attempts);
  const { retries, fallbacks } = movesOf(end.attempts);
  counts.openRequests -= 1;
  counts.openStreams -= end.isStream && end.firstOutputMs !== undefined ? 1 : 0;
  counts.retries += retries;
  counts.fallbacks += fallbacks.length;
  for (const { from, to, reason } of fallbacks) {
    snapshot.fallbacks.use(nameOf(from, to, reason), { from, to, reason }).count += 1;
  }
  const { mode = "", agentId = "", caller = "", endpoint } = end;
  snapshot.total.count(end, used);
  snapshot.modes.use(mode, mode).tally.count(end, used);
  snapshot.agents.use(agentId, agentId).tally.count(end, used);
  snapshot.keys.use(caller, caller).tally.count(end, used);
  snapshot.endpoints.use(endpoint, endpoint).tally.count(end, used);
  const more = { ...used, retries, fallbacks: fallbacks.length };
  snapshot.lastHour.count(end, more);
  snapshot.lastDay.count(end, more);
  if (mode === "agent" && end.outcome === "ok") {
    agentTurns.samples += 1;
    agentTurns.tokensIn += used.tokensIn;
    agentTurns.costUsd += used.costUsd;
  }
  const { route } = end.answeredBy ?? {};
  if (route !== undefined) {
    observeTimes(
      snapshot.served,
      {
        operation: operationOf(endpoint, mode),
        provider: route.provider,
        model: route.modelId,
        mode,
        errorType: end.outcome === "ok" ? "" : end.outcome,
      },
      { ...timesOf({ ...end, usage: used }), isStream: end.isStream },
    );
  }
  snapshot.requests.add(keptRequest(end, used));
}

function operationOf(endpoint: string, mode: string | undefined): string {
  return mode === "agent" ? "invoke_agent" : endpoint === "embeddings" ? "embeddings" : "chat";
}

interface ObservedTimes {
  readonly durationMs: number;
  readonly firstOutputMs: number | undefined;
  readonly tokensOut: number;
}

function timesOf(ended: {
  readonly durationMs: number;
  readonly firstOutputMs: number | undefined;
  readonly usage?: { readonly tokensOut: number } | undefined;
}): ObservedTimes {
  const { durationMs, firstOutputMs, usage } = ended;
  return { durationMs, firstOutputMs, tokensOut: usage?.tokensOut ?? 0 };
}

function observeTimes(
  table: Snapshot["served"],
  labels: GenAiLabels,
  times: ObservedTimes & { readonly isStream: boolean },
): void {
  const { operation, provider, model, mode, errorType } = labels;
  const { durationMs, firstOutputMs, tokensOut, isStream } = times;
  const { tally } = table.use(nameOf(operation, provider, model, mode, errorType), labels);
  tally.duration.observe(durationMs);
  if (isStream && firstOutputMs !== undefined && errorType === "") {
    (tally.firstOutput ??= createHistogram()).observe(firstOutputMs);
    if (tokensOut > 1) {
      (tally.betweenTokens ??= createHistogram()).observe(
        (durationMs - firstOutputMs) / (tokensOut - 1),
      );
    }
  }
}

/** The separator keeps names apart: no provider, model or target contains a line feed. */
function nameOf(...parts: readonly string[]): string {
  return parts.join("\n");
}

function countRecent(recent: RecentRequests, end: RequestEnd): void {
  recent.requests += 1;
  recent.providerErrors += end.fault === "provider" ? 1 : 0;
  recent.relayErrors += end.fault === "relay" ? 1 : 0;
  const [first] = end.attempts;
  recent.fellBack += end.attempts.some(({ target }) => target !== first?.target) ? 1 : 0;
  if (end.isStream && end.outcome === "ok" && end.firstOutputMs !== undefined) {
    (recent.firstOutput ??= createHistogram()).observe(end.firstOutputMs);
  }
}

function sumOfRecent(minutes: readonly RecentRequests[]): RecentRequests {
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
  const labels = { provider, model, wire: "agent-run" };
  for (const { tally } of [
    snapshot.providers.use(provider, provider),
    snapshot.targets.use(nameOf(provider, model, labels.wire), labels),
  ]) {
    tally.countRunCall(usage, costUsd);
  }
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
