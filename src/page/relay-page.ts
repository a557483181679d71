/** The page "Relay": a tab of the Control UI that shows the status, live. Read only. */
import type { OperatorSource } from "../access/ports.ts";
import type { DataPlane } from "../plane/data-plane.ts";
import { gatewayStatus } from "../plane/gateway-status.ts";
import type { SeriesRange } from "../telemetry/views.ts";
import { createDocuments } from "./documents.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createPageHandler, type PageHandler, pagePath } from "./page-route.ts";
import { shownRequests } from "./page-update.ts";
import { createPages } from "./pages.ts";

/** For the Control UI's sidebar. */
export const relayTab = {
  id: "relay",
  label: "Relay",
  description: "Who is slow, who fails, who pays: the requests that the passthrough plugin relays.",
  slug: "relay",
  icon: "barChart",
  path: pagePath,
} as const;

export interface RelayPage {
  readonly handler: PageHandler;
  /** Ends all open pages. */
  close(): void;
}

export interface RelayPageOptions {
  readonly plane: DataPlane;
  readonly host: Parameters<typeof gatewayStatus>[1] & OperatorSource;
  readonly logger: { warn(line: string): void };
  /** Where the build has put the page's documents. */
  readonly folder: URL;
}

/** How often points are asked for: as often as there are new ones. */
const pointsEveryMs = { hour: 5000, day: 60_000 };

export function createRelayPage({ plane, host, logger, folder }: RelayPageOptions): RelayPage {
  const feed = createFeed();
  const pages = createPages({ feed, read: createReader(plane, host, feed), logger });
  const { operatorScopes } = host;
  return {
    handler: createPageHandler({ documents: createDocuments(folder), pages, operatorScopes }),
    close: pages.close,
  };
}

/** Reads what is new into the feed. */
function createReader(
  plane: DataPlane,
  host: RelayPageOptions["host"],
  feed: Feed,
): () => Promise<void> {
  const readAtMs = { hour: Number.NEGATIVE_INFINITY, day: Number.NEGATIVE_INFINITY };
  const points = async (range: SeriesRange) => {
    const nowMs = performance.now();
    if (feed.hasPoints(range) && nowMs - readAtMs[range] < pointsEveryMs[range]) {
      return undefined;
    }
    readAtMs[range] = nowMs;
    return plane.ask("series", range);
  };
  return async () => {
    const after = feed.position();
    const [status, requests, hour, day] = await Promise.all([
      gatewayStatus(plane, host),
      plane.ask("requests", { after, limit: shownRequests }),
      points("hour"),
      points("day"),
    ]);
    feed.take({ status, requests, after, hour, day });
  };
}
