/** The relay's status, as `openclaw passthrough status --json` shows it: the snapshot, and the state of what is counted. */
import type { ConfigSource } from "../config/source.ts";
import type { SessionStoreStats } from "../sessions/session-store.ts";
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { RunUnderWay } from "../telemetry/runs-under-way.ts";
import { type Labelled, recentRequests, type Snapshot } from "../telemetry/snapshot.ts";
import { type RequestTally, shareOf } from "../telemetry/tallies.ts";
import { percentilesOf } from "../telemetry/histogram.ts";
import type {
  AgentTurnEstimate,
  AgentView,
  FallbackView,
  KeyLimitView,
  KeyUseView,
  ModeView,
  ProviderView,
  RecentView,
  TargetView,
  TotalsView,
} from "../telemetry/views.ts";
import type { Dispatchers } from "../upstream/dispatchers.ts";
import type { GatewayFacts, HostFacts } from "./gateway-facts.ts";
import { coreEndpointProblem } from "./core-endpoint-problem.ts";
import { liveProblems } from "./live-problems.ts";
import { errorsFirst, type Problem } from "./problems.ts";
import { providerViews, targetViews } from "./upstream-views.ts";

export interface Status {
  readonly ok: boolean;
  /** Why the relay receives no requests; undefined if it does. */
  readonly problem?: string;
  /** Errors first. Of providers and keys right now, then of the configuration. */
  readonly problems: readonly Problem[];
  readonly mode: string;
  readonly host: HostFacts;
  /** RFC 3339: now. */
  readonly at: string;
  /** RFC 3339: since when requests are counted. */
  readonly since: string;
  readonly totals: TotalsView;
  /** The last five minutes. */
  readonly recent: RecentView;
  /** Most used first, like all lists below. */
  readonly providers: readonly ProviderView[];
  readonly targets: readonly TargetView[];
  readonly agents: readonly AgentView[];
  readonly modes: readonly ModeView[];
  readonly keys: readonly KeyUseView[];
  readonly fallbacks: readonly FallbackView[];
  /** Null until a full agent turn was measured. */
  readonly estimate: AgentTurnEstimate | null;
  /** Open connection pools to providers. */
  readonly pools: number;
  readonly upstream: UpstreamGauges;
  /** Sessions in memory. */
  readonly sessions: SessionStoreStats;
  /** Sessions of agent runs that the host holds in memory. */
  readonly agentSessions: SessionStoreStats;
  /** Agent runs under way, oldest first. */
  readonly runs: readonly RunUnderWay[];
}

export interface StatusParts {
  readonly host: ConfigSource & GatewayFacts;
  readonly problems: () => Promise<readonly Problem[]>;
  readonly snapshot: () => Snapshot;
  readonly dispatchers: Dispatchers;
  readonly gauges: () => UpstreamGauges;
  /** The limits of a key, by its name; empty if there is no such key. */
  readonly limitsOf: (key: string) => readonly KeyLimitView[];
  readonly sessions: () => Promise<SessionStoreStats>;
  readonly agentSessions: () => SessionStoreStats;
  readonly runs: () => readonly RunUnderWay[];
}

export function createStatus(parts: StatusParts): () => Promise<Status> {
  return async () => {
    const problem = coreEndpointProblem(parts.host.coreEndpoints());
    const [problems, sessions] = await Promise.all([parts.problems(), parts.sessions()]);
    const upstream = parts.gauges();
    const at = new Date().toISOString();
    const snapshot = parts.snapshot();
    const recent = recentView(snapshot);
    const providers = providerViews(snapshot, upstream);
    const keys = keyViews(snapshot, parts.limitsOf);
    return {
      ok: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      problems: errorsFirst([
        ...liveProblems({ at, recent, providers, keys, upstream }),
        ...problems,
      ]),
      mode: parts.host.config().mode,
      host: parts.host.hostFacts(),
      at,
      since: new Date(snapshot.startedAtMs).toISOString(),
      totals: totalsView(snapshot),
      recent,
      providers,
      targets: targetViews(snapshot, upstream),
      agents: mostUsed(snapshot.agents.values().map(agentView)),
      modes: mostUsed(snapshot.modes.values().map(modeView)),
      keys,
      fallbacks: snapshot.fallbacks.values().toSorted((a, b) => b.count - a.count),
      estimate: estimateOf(snapshot),
      pools: parts.dispatchers.size,
      upstream,
      sessions,
      agentSessions: parts.agentSessions(),
      runs: parts.runs(),
    };
  };
}

function mostUsed<T extends { readonly requests: number }>(views: readonly T[]): readonly T[] {
  return views.toSorted((a, b) => b.requests - a.requests);
}

function totalsView({ total, counts, providers, targets, keys, agents }: Snapshot): TotalsView {
  return {
    ...total.view(),
    ...counts,
    foldedNames: providers.folded + targets.folded + keys.folded + agents.folded,
  };
}

function recentView(snapshot: Snapshot): RecentView {
  const { requests, providerErrors, relayErrors, fellBack, firstOutput } = recentRequests(snapshot);
  return {
    requests,
    providerErrors,
    relayErrors,
    failureShare: shareOf(providerErrors + relayErrors, requests),
    fallbackShare: shareOf(fellBack, requests),
    firstOutputMs: percentilesOf(firstOutput),
  };
}

type CountedRequests = Labelled<string, RequestTally>;

function agentView({ labels: agent, tally }: CountedRequests): AgentView {
  return { agent, ...tally.view() };
}

function modeView({ labels: mode, tally }: CountedRequests): ModeView {
  return { mode, ...tally.view() };
}

function keyViews(
  { keys, refusals }: Snapshot,
  limitsOf: StatusParts["limitsOf"],
): readonly KeyUseView[] {
  const refusalsOf = new Map(refusals.values().map(({ key, byLimit }) => [key, byLimit]));
  const view = ({ labels: key, tally }: CountedRequests): KeyUseView => ({
    key,
    ...tally.view(),
    limits: limitsOf(key),
    refusals: Object.fromEntries(refusalsOf.get(key) ?? []),
  });
  return mostUsed(keys.values().map(view));
}

/** What full agent turns would have used in place of the answered passthrough and light requests. */
export function estimateOf({ agentTurns, modes }: Snapshot): AgentTurnEstimate | null {
  const { samples } = agentTurns;
  if (samples === 0) {
    return null;
  }
  const averageTokensIn = Math.round(agentTurns.tokensIn / samples);
  const averageCostUsd = agentTurns.costUsd / samples;
  const lean = modes
    .values()
    .filter(({ labels }) => labels === "passthrough" || labels === "light")
    .map(({ tally }) => tally);
  const requests = lean.reduce((sum, { outcomes }) => sum + (outcomes.get("ok") ?? 0), 0);
  const tokensIn = lean.reduce((sum, tally) => sum + tally.tokensIn, 0);
  const costUsd = lean.reduce((sum, tally) => sum + tally.costUsd, 0);
  return {
    isEstimate: true,
    samples,
    averageTokensIn,
    averageCostUsd,
    requests,
    savedTokensIn: Math.max(0, requests * averageTokensIn - tokensIn),
    savedCostUsd: Math.max(0, requests * averageCostUsd - costUsd),
  };
}
