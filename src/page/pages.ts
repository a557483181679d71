/** The open pages: one reading a second for all of them, and a bound on everything that a page may hold. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ServerResponse } from "node:http";
import type { Feed, Mark } from "./feed.ts";
import { scriptSafe } from "./script-json.ts";

/** More are refused. */
export const maxPages = 20;
const standardTiming = {
  /** Between two updates. */
  tickMs: 1000,
  /** Then a page loads itself again: the gateway checks its grant anew, and the document's memory is freed. */
  lifeMs: 4 * 60_000,
  /** A page that has read nothing for this long is closed. Until then it gets nothing more. */
  patienceMs: 10_000,
  /** How long the last bytes of a page may take. */
  farewellMs: 2000,
};

interface OpenedPage {
  readonly response: Pick<
    ServerResponse,
    "write" | "end" | "destroy" | "destroyed" | "once" | "writableNeedDrain" | "writableFinished"
  >;
  /** The document up to where its updates begin. */
  readonly start: string;
  readonly nonce: string;
}

export interface Pages {
  isFull(): boolean;
  /** Begins the document, and returns: it goes on until the page leaves, its time is up, or `close`. */
  open(page: OpenedPage): void;
  /** Ends all pages, and tells them why. */
  close(): void;
  /** Pages that are open now. */
  count(): number;
}

export interface PagesOptions {
  readonly feed: Feed;
  /** Reads what is new into the feed. */
  readonly read: () => Promise<void>;
  readonly logger: { warn(line: string): void };
  /** Milliseconds from any origin, which never go back. */
  readonly now?: () => number;
  readonly timing?: Partial<typeof standardTiming>;
}

interface OpenPage extends OpenedPage {
  readonly openedAtMs: number;
  /** The start, until it is sent: together with the first update. */
  unsent: string;
  mark: Mark | undefined;
  /** Since when the page has not read what it was sent; undefined if it has. */
  blockedSinceMs: number | undefined;
}

/** What a page is told at its end: to load itself again, or that the gateway stops. */
type Farewell = "again" | "stopped";

export function createPages({ feed, read, logger, now, timing }: PagesOptions): Pages {
  const { tickMs, lifeMs, patienceMs, farewellMs } = { ...standardTiming, ...timing };
  const nowMs = now ?? (() => performance.now());
  const pages = new Set<OpenPage>();
  // A timer would keep what the host knows of the request that started it.
  const ownContext = AsyncLocalStorage.snapshot();
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;

  const remove = (page: OpenPage) => {
    pages.delete(page);
    if (pages.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const end = (page: OpenPage, farewell: Farewell) => {
    remove(page);
    const { response, nonce, unsent } = page;
    if (response.writableNeedDrain) {
      response.destroy();
      return;
    }
    response.end(
      `${unsent}<script nonce="${nonce}">relayPage.end("${farewell}")</script></body></html>`,
    );
    setTimeout(() => {
      if (!response.writableFinished) {
        response.destroy();
      }
    }, farewellMs).unref();
  };
  const update = (page: OpenPage) => {
    const { response, nonce, openedAtMs } = page;
    if (response.writableNeedDrain) {
      page.blockedSinceMs ??= nowMs();
      if (nowMs() - page.blockedSinceMs >= patienceMs) {
        remove(page);
        response.destroy();
      }
      return;
    }
    page.blockedSinceMs = undefined;
    if (nowMs() - openedAtMs >= lifeMs) {
      end(page, "again");
      return;
    }
    const { json, mark } = feed.since(page.mark);
    response.write(
      `${page.unsent}<script type="application/json">${scriptSafe(json)}</script><script nonce="${nonce}">relayPage.update()</script>\n`,
    );
    page.mark = mark;
    page.unsent = "";
  };
  const tick = async () => {
    if (reading !== undefined) {
      return;
    }
    reading = read();
    try {
      await reading;
      readAtMs = nowMs();
    } catch (error) {
      logger.warn(`passthrough: the page could not be updated: ${String(error)}`);
    }
    reading = undefined;
    for (const page of pages) {
      update(page);
    }
  };

  return {
    isFull: () => pages.size >= maxPages,
    count: () => pages.size,
    open({ response, start, nonce }) {
      // It has left already, so it will not say so again.
      if (response.destroyed) {
        return;
      }
      const page: OpenPage = {
        response,
        start,
        nonce,
        openedAtMs: nowMs(),
        unsent: start,
        mark: undefined,
        blockedSinceMs: undefined,
      };
      pages.add(page);
      response.once("close", () => remove(page));
      response.once("error", () => remove(page));
      timer ??= ownContext(() => setInterval(() => void tick(), tickMs).unref());
      if (nowMs() - readAtMs < tickMs) {
        update(page);
      } else {
        void ownContext(tick);
      }
    },
    close() {
      for (const page of pages) {
        end(page, "stopped");
      }
    },
  };
}
