/** What the page knows: the updates so far, put together. */
import type { RequestView, SeriesRange, SeriesView } from "../telemetry/views.ts";
import {
  type PageUpdate,
  type SeriesUpdate,
  shownRequests,
  type StatusSections,
} from "./page-update.ts";

export interface PageState {
  status: Partial<StatusSections>;
  /** Oldest first. */
  requests: readonly RequestView[];
  readonly series: Partial<Record<SeriesRange, SeriesView>>;
}

/** Points that are shown of a range. */
const shownPoints: Readonly<Record<SeriesRange, number>> = { hour: 720, day: 1440 };

export function createState(): PageState {
  return { status: {}, requests: [], series: {} };
}

export function takeUpdate(state: PageState, update: PageUpdate): void {
  state.status = { ...state.status, ...update.status };
  if (update.requests !== undefined) {
    const { isFresh, rows } = update.requests;
    state.requests = (isFresh ? rows : [...state.requests, ...rows]).slice(-shownRequests);
  }
  for (const range of ["hour", "day"] as const) {
    const points = update[range];
    if (points !== undefined) {
      state.series[range] = joined(state.series[range], points, shownPoints[range]);
    }
  }
}

function joined(
  known: SeriesView | undefined,
  { isFresh, points }: SeriesUpdate,
  most: number,
): SeriesView {
  if (isFresh || known === undefined) {
    return points;
  }
  const join = <T>(before: readonly T[], after: readonly T[]) => [...before, ...after].slice(-most);
  return {
    stepMs: points.stepMs,
    at: join(known.at, points.at),
    requests: join(known.requests, points.requests),
    clientErrors: join(known.clientErrors, points.clientErrors),
    providerErrors: join(known.providerErrors, points.providerErrors),
    relayErrors: join(known.relayErrors, points.relayErrors),
    fallbacks: join(known.fallbacks, points.fallbacks),
    retries: join(known.retries, points.retries),
    tokensIn: join(known.tokensIn, points.tokensIn),
    tokensOut: join(known.tokensOut, points.tokensOut),
    costUsd: join(known.costUsd, points.costUsd),
    firstOutputP50Ms: join(known.firstOutputP50Ms, points.firstOutputP50Ms),
    firstOutputP99Ms: join(known.firstOutputP99Ms, points.firstOutputP99Ms),
  };
}
