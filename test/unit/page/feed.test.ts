import fc from "fast-check";
import { expect, test } from "vitest";
import { createFeed, type Mark } from "../../../src/page/feed.ts";
import { createState, type PageState, takeUpdate } from "../../../src/page/page-state.ts";
import { shownRequests } from "../../../src/page/page-update.ts";
import { gatewayStatusAfter, requestView, seriesUpTo } from "../../support/page-status.ts";

/** A data plane that counts, and may start again. */
function createPlane() {
  let lives = 0;
  let requests = 0;
  let seconds = 1_000_000;
  let points = 0;
  const startedAt = () => new Date(1_700_000_000_000 + lives).toISOString();
  const view = (at: number) => requestView(`${lives}-${at}`);
  return {
    serve(more: number) {
      requests += more;
      seconds += 5;
      points = Math.min(720, points + 1);
    },
    /** @param setBackS how far the machine's clock was set back meanwhile. */
    restart(setBackS: number) {
      lives += 1;
      requests = 0;
      points = 0;
      seconds -= setBackS;
    },
    /** All that a page should show. */
    shows: () => ({
      total: requests,
      rows: Array.from({ length: requests }, (_, at) => view(at).id).slice(-shownRequests),
      points: seriesUpTo(seconds, points).at,
    }),
    reading(after: number) {
      const missing = Math.min(shownRequests, Math.max(0, requests - after));
      const rows = Array.from({ length: missing }, (_, at) => view(requests - missing + at));
      return {
        status: gatewayStatusAfter(requests, startedAt()),
        after,
        requests: { requests: rows, position: requests },
        hour: seriesUpTo(seconds, points),
      };
    },
  };
}

function shown({ status, requests, series }: PageState) {
  return {
    total: status.totals?.requests,
    rows: requests.map(({ id }) => id),
    points: series.hour?.at,
  };
}

test("pages that read at any pace show what the data plane says, also after it has started again and a clock was set back", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("serve"), amount: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ kind: fc.constant("restart"), amount: fc.integer({ min: 0, max: 7200 }) }),
    fc.record({ kind: fc.constant("page"), amount: fc.nat(2) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const plane = createPlane();
      const feed = createFeed();
      const pages = [0, 1, 2].map(() => ({
        state: createState(),
        mark: undefined as Mark | undefined,
      }));
      const read = (page: (typeof pages)[number]) => {
        const { json, mark } = feed.since(page.mark);
        page.mark = mark;
        takeUpdate(page.state, JSON.parse(json));
      };
      for (const { kind, amount } of steps) {
        if (kind === "serve") {
          plane.serve(amount);
        } else if (kind === "restart") {
          plane.restart(amount);
        }
        feed.take(plane.reading(feed.position()));
        const page = pages[amount];
        if (kind === "page" && page !== undefined) {
          read(page);
        }
      }
      // The reading after a restart finds it; the next one has the requests of the new data plane.
      feed.take(plane.reading(feed.position()));
      feed.take(plane.reading(feed.position()));
      for (const page of pages) {
        read(page);
        expect(shown(page.state)).toEqual(plane.shows());
      }
    }),
  );
});

test("an update has only what has changed, and pages that have read equally far share it", () => {
  const feed = createFeed();
  const take = (requests: number) =>
    feed.take({
      status: gatewayStatusAfter(requests),
      after: feed.position(),
      requests: {
        requests: Array.from({ length: requests - feed.position() }, (_, at) =>
          requestView(`r${feed.position() + at}`),
        ),
        position: requests,
      },
    });
  take(2);
  const first = feed.since(undefined);
  expect(feed.since(undefined)).toBe(first);
  take(3);
  const { json } = feed.since(first.mark);
  const update = JSON.parse(json);
  expect(Object.keys(update.status)).toEqual(["at", "totals", "recent", "providers"]);
  expect(update.requests).toEqual({
    isFresh: false,
    rows: [expect.objectContaining({ id: "r2" })],
  });
  expect(update).not.toHaveProperty("hour");
});

test("while the data plane does not answer, pages keep its numbers and learn why", () => {
  const feed = createFeed();
  const state = createState();
  feed.take({ status: gatewayStatusAfter(7), after: 0, requests: { requests: [], position: 0 } });
  const first = feed.since(undefined);
  takeUpdate(state, JSON.parse(first.json));
  const dataPlane = { state: "stopped", deaths: 3, startedInMs: null } as const;
  feed.take({ status: { ok: false, problem: "It has ended.", problems: [], dataPlane }, after: 0 });
  takeUpdate(state, JSON.parse(feed.since(first.mark).json));
  expect([state.status.ok, state.status.problem, state.status.totals?.requests]).toEqual([
    false,
    "It has ended.",
    7,
  ]);
  feed.take({ status: gatewayStatusAfter(8), after: 0 });
  takeUpdate(state, JSON.parse(feed.since(first.mark).json));
  expect(state.status.problem).toBeNull();
});
