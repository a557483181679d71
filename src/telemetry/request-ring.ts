/** The last 10,000 requests, in memory. Never content. */
import { type KeptRequest, requestView } from "./request-view.ts";
import type { RequestList, RequestQuery, RequestView } from "./views.ts";

export interface RequestRing {
  add(request: KeptRequest): void;
  list(query: RequestQuery): RequestList;
  /**
   * @param id `x-openclaw-request-id`, or its first eight characters or more.
   * @returns the newest one that fits.
   */
  find(id: string): RequestView | undefined;
}

const standardCapacity = 10_000;
/** An id may be cut to this length: lists of requests show as much of it. */
const leastIdLength = 8;
/** Requests in one list, unless the query says less. */
const maxListed = 10_000;

export function createRequestRing(capacity = standardCapacity): RequestRing {
  const ring: KeptRequest[] = [];
  /** Requests that were ever added. */
  let added = 0;

  /** Newest first, down to the position. */
  function* newestFirst(after: number): Generator<KeptRequest> {
    const oldest = Math.max(after, added - ring.length);
    for (let position = added; position > oldest; position -= 1) {
      const request = ring[(position - 1) % capacity];
      if (request !== undefined) {
        yield request;
      }
    }
  }

  return {
    add(request) {
      ring[added % capacity] = request;
      added += 1;
    },
    list(query) {
      const { after = 0, limit = maxListed } = query;
      const found: KeptRequest[] = [];
      for (const request of newestFirst(after)) {
        if (found.length >= limit) {
          break;
        }
        if (matches(request, query)) {
          found.push(request);
        }
      }
      return { requests: found.toReversed().map(requestView), position: added };
    },
    find(id) {
      for (const request of newestFirst(0)) {
        if (id.length >= leastIdLength && request.id.startsWith(id)) {
          return requestView(request);
        }
      }
      return undefined;
    },
  };
}

function matches(request: KeptRequest, { key, model, status, slowMs = 0 }: RequestQuery): boolean {
  return (
    (key === undefined || request.caller === key) &&
    (model === undefined || hasModel(request, model)) &&
    (status === undefined || hasStatus(request, status)) &&
    request.durationTenths >= slowMs * 10
  );
}

function hasModel(request: KeptRequest, part: string): boolean {
  return (
    request.askedModel?.includes(part) === true ||
    request.attempts.some(({ target }) => target.includes(part))
  );
}

function hasStatus({ status, outcome }: KeptRequest, asked: string): boolean {
  return asked === outcome || asked === String(status) || asked === `${Math.floor(status / 100)}xx`;
}
