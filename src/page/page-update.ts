/** What an open page is sent: first everything, then what has changed. */
import type { GatewayStatus } from "../plane/gateway-status.ts";
import type { RequestView, SeriesView } from "../telemetry/views.ts";

/** The status, member by member. A member that is not sent has not changed. `problem` is null while there is none. */
export type StatusSections = Omit<GatewayStatus, "problem"> & { readonly problem: string | null };

interface RequestsUpdate {
  /** Whether these replace the page's list; else they come after it. */
  readonly isFresh: boolean;
  /** Oldest first. */
  readonly rows: readonly RequestView[];
}

export interface SeriesUpdate {
  /** Whether these points replace the page's; else they come after them. */
  readonly isFresh: boolean;
  readonly points: SeriesView;
}

export interface PageUpdate {
  readonly status: Partial<StatusSections>;
  readonly requests?: RequestsUpdate;
  readonly hour?: SeriesUpdate;
  readonly day?: SeriesUpdate;
}

/** Requests that a page shows. */
export const shownRequests = 200;
