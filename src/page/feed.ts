/** What is known now, and what a page that has read up to some mark lacks of it. Pure. */
import type { GatewayStatus } from "../plane/gateway-status.ts";
import type { RequestList, RequestView, SeriesRange, SeriesView } from "../telemetry/views.ts";
import { type PageUpdate, type SeriesUpdate, shownRequests } from "./page-update.ts";

/** What was read at one moment. What is missing has not changed, or nobody answered. */
interface Reading {
  readonly status: GatewayStatus;
  /** The requests after `after`. */
  readonly requests?: RequestList | undefined;
  readonly after: number;
  readonly hour?: SeriesView | undefined;
  readonly day?: SeriesView | undefined;
}

/** How far a page has read. */
export interface Mark {
  readonly version: number;
  /** Which of the data planes since the first reading. Another one counts everything anew. */
  readonly life: number;
  /** The position of the last request, and the time of the last point of each range. */
  readonly requests: number;
  readonly hour: number;
  readonly day: number;
}

interface Lack {
  readonly json: string;
  /** The page's mark once it has read this. */
  readonly mark: Mark;
}

export interface Feed {
  take(reading: Reading): void;
  /** What a page lacks, as JSON of a `PageUpdate`. Pages that have read equally far share the string. */
  since(mark: Mark | undefined): Lack;
  /** The `after` of the next question for requests. */
  position(): number;
  /** Whether it has points of this range. A new data plane has none. */
  hasPoints(range: SeriesRange): boolean;
}

export function createFeed(): Feed {
  /** Each member of the status as JSON, and since which version it is so. */
  const sections = new Map<string, { readonly json: string; readonly version: number }>();
  /** The answers so far, by the mark that they answer. */
  const shared = new Map<Mark | undefined, Lack>();
  let version = 0;
  let life = 0;
  let startedAt: string | undefined;
  let rows: readonly RequestView[] = [];
  let position = 0;
  let hour: SeriesView | undefined;
  let day: SeriesView | undefined;

  const takeStatus = (status: GatewayStatus) => {
    const members = { ...status, problem: status.problem ?? null };
    for (const [name, value] of Object.entries(members)) {
      const json: string | undefined = JSON.stringify(value);
      if (json !== undefined && json !== sections.get(name)?.json) {
        sections.set(name, { json, version });
      }
    }
  };
  const beginLife = () => {
    life += 1;
    rows = [];
    position = 0;
    hour = undefined;
    day = undefined;
  };
  const lackedSince = (mark: Mark | undefined): Lack => {
    const isFresh = mark?.life !== life;
    const changed = [...sections]
      .filter(([, section]) => section.version > (mark?.version ?? 0))
      .map(([name, { json }]) => `${JSON.stringify(name)}:${json}`);
    const missing = isFresh ? rows.length : Math.min(rows.length, position - mark.requests);
    const others: Omit<PageUpdate, "status"> = {
      ...((isFresh || missing > 0) && {
        requests: { isFresh, rows: missing === 0 ? [] : rows.slice(-missing) },
      }),
      ...lackedPoints("hour", hour, isFresh ? undefined : mark.hour),
      ...lackedPoints("day", day, isFresh ? undefined : mark.day),
    };
    const rest = JSON.stringify(others).slice(1, -1);
    return {
      json: `{"status":{${changed.join(",")}}${rest === "" ? "" : `,${rest}`}}`,
      mark: {
        version,
        life,
        requests: position,
        hour: hour?.at.at(-1) ?? 0,
        day: day?.at.at(-1) ?? 0,
      },
    };
  };

  return {
    take(reading) {
      version += 1;
      shared.clear();
      takeStatus(reading.status);
      const { since } = reading.status;
      if (since !== undefined && since !== startedAt) {
        startedAt = since;
        beginLife();
      }
      // What was asked of an earlier data plane is asked again.
      if (reading.requests !== undefined && reading.after === position) {
        rows = [...rows, ...reading.requests.requests].slice(-shownRequests);
        ({ position } = reading.requests);
      }
      hour = reading.hour ?? hour;
      day = reading.day ?? day;
    },
    since(mark) {
      const lack = shared.get(mark) ?? lackedSince(mark);
      shared.set(mark, lack);
      return lack;
    },
    position: () => position,
    hasPoints: (range) => (range === "hour" ? hour : day) !== undefined,
  };
}

/** @param readAt the last point that the page has; undefined if it has none of this life. */
function lackedPoints(
  range: SeriesRange,
  view: SeriesView | undefined,
  readAt: number | undefined,
): { readonly hour?: SeriesUpdate; readonly day?: SeriesUpdate } {
  const isFresh = readAt === undefined;
  const from = isFresh ? 0 : (view?.at.findIndex((at) => at > readAt) ?? -1);
  return view === undefined || from < 0
    ? {}
    : { [range]: { isFresh, points: pointsFrom(view, from) } };
}

function pointsFrom(view: SeriesView, from: number): SeriesView {
  const rest = <T>(column: readonly T[]) => column.slice(from);
  return {
    stepMs: view.stepMs,
    at: rest(view.at),
    requests: rest(view.requests),
    clientErrors: rest(view.clientErrors),
    providerErrors: rest(view.providerErrors),
    relayErrors: rest(view.relayErrors),
    fallbacks: rest(view.fallbacks),
    retries: rest(view.retries),
    tokensIn: rest(view.tokensIn),
    tokensOut: rest(view.tokensOut),
    costUsd: rest(view.costUsd),
    firstOutputP50Ms: rest(view.firstOutputP50Ms),
    firstOutputP99Ms: rest(view.firstOutputP99Ms),
  };
}
