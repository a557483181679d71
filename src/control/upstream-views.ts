/** Providers and their models with what was counted and their current state. Pure. */
import type { UpstreamGauges } from "../telemetry/gauges.ts";
import type { Snapshot, TargetLabels } from "../telemetry/snapshot.ts";
import { AttemptTally } from "../telemetry/tallies.ts";
import type { AttemptStats, CircuitView, ProviderView, TargetView } from "../telemetry/views.ts";

/** From this share of failures in the last five minutes on, a provider counts as failing. */
const failingShare = 0.1;

export function targetViews(snapshot: Snapshot, gauges: UpstreamGauges): readonly TargetView[] {
  const circuits = new Map(gauges.circuits.map(({ target, state }) => [target, state]));
  return byAttempts(
    snapshot.targets.values().map(({ labels, tally }) => targetView(labels, tally, circuits)),
  );
}

function targetView(
  labels: TargetLabels,
  tally: AttemptTally,
  circuits: ReadonlyMap<string, CircuitView>,
): TargetView {
  const circuit = circuits.get(`${labels.provider}/${labels.model}`) ?? "closed";
  return { ...labels, ...tally.view(), circuit };
}

export function providerViews(snapshot: Snapshot, gauges: UpstreamGauges): readonly ProviderView[] {
  const counted = snapshot.providers.values();
  const names = new Set(counted.map(({ labels }) => labels));
  // Attempts count at their end, so a provider that has never answered is not among them.
  const unanswered = gauges.providers.filter(
    ({ provider, active, queued }) => active + queued > 0 && !names.has(provider),
  );
  return byAttempts([
    ...counted.map(({ labels, tally }) => providerView(labels, tally, gauges)),
    ...unanswered.map(({ provider }) =>
      providerView(provider, new AttemptTally(() => performance.now()), gauges),
    ),
  ]);
}

function providerView(provider: string, tally: AttemptTally, gauges: UpstreamGauges): ProviderView {
  const stats = tally.view();
  const circuit = worstCircuit(provider, gauges);
  const isRefused = gauges.refusedCredentials.some((refused) => refused.provider === provider);
  const load = gauges.providers.find((known) => known.provider === provider);
  return {
    provider,
    state: stateOf({ circuit, isRefused, stats }),
    ...stats,
    circuit,
    credential: isRefused ? "refused" : "ok",
    active: load?.active ?? 0,
    queued: load?.queued ?? 0,
  };
}

function byAttempts<T extends AttemptStats>(views: readonly T[]): readonly T[] {
  return views.toSorted((a, b) => b.attempts - a.attempts);
}

function worstCircuit(provider: string, { circuits }: UpstreamGauges): CircuitView {
  const states = circuits
    .filter(({ target }) => target.startsWith(`${provider}/`))
    .map(({ state }) => state);
  return states.includes("open") ? "open" : (states[0] ?? "closed");
}

function stateOf(provider: {
  readonly circuit: CircuitView;
  readonly isRefused: boolean;
  readonly stats: AttemptStats;
}): ProviderView["state"] {
  const { circuit, isRefused, stats } = provider;
  if (circuit === "open" || isRefused) {
    return "down";
  }
  const { failureShare } = stats.recent;
  return circuit === "half-open" || (failureShare !== null && failureShare >= failingShare)
    ? "failing"
    : "up";
}
