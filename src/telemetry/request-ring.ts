/** The last 10,000 requests, in memory. Never content. */
import type { RequestEnd } from "./events.ts";
import { requestView } from "./request-view.ts";
import type { RequestList, RequestQuery, RequestView } from "./views.ts";

export interface RequestRing {
  add(end: RequestEnd): void;
  list(query: RequestQuery): RequestList;
  /** @param id `x-openclaw-request-id`. */
  find(id: string): RequestView | undefined;
}

const standardCapacity = 10_000;
/** Requests in one list, unless the query says less. */
const maxListed = 10_000;

export function createRequestRing(capacity = standardCapacity): RequestRing {
  const ring: RequestEnd[] = [];
  /** Requests that were ever added. */
  let added = 0;

  /** Newest first, down to the position. */
  function* newestFirst(after: number): Generator<RequestEnd> {
    const oldest = Math.max(after, added - ring.length);
    for (let position = added; position > oldest; position -= 1) {
      const end = ring[(position - 1) % capacity];
      if (end !== undefined) {
        yield end;
      }
    }
  }

  return {
    add(end) {
      ring[added % capacity] = end;
      added += 1;
    },
    list(query) {
      const { after = 0, limit = maxListed } = query;
      const found: RequestEnd[] = [];
      for (const end of newestFirst(after)) {
        if (found.length >= limit) {
          break;
        }
        if (matches(end, query)) {
          found.push(end);
        }
      }
      return { requests: found.toReversed().map(requestView), position: added };
    },
    find(id) {
      for (const end of newestFirst(0)) {
        if (end.requestId === id) {
          return requestView(end);
        }
      }
      return undefined;
    },
  };
}

function matches(end: RequestEnd, { key, model, status, slowMs = 0 }: RequestQuery): boolean {
  return (
    (key === undefined || end.caller === key) &&
    (model === undefined || hasModel(end, model)) &&
    (status === undefined || hasStatus(end, status)) &&
    end.durationMs >= slowMs
  );
}

function hasModel(end: RequestEnd, part: string): boolean {
  return (
    end.askedModel?.includes(part) === true ||
    end.attempts.some(({ target }) => target.includes(part))
  );
}

function hasStatus({ status, outcome }: RequestEnd, asked: string): boolean {
  return asked === outcome || asked === String(status) || asked === `${Math.floor(status / 100)}xx`;
}
