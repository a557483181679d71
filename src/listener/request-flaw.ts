/** Refuses requests that Node's parser accepts, but that another server on the way may understand differently. */
import type { IncomingMessage } from "node:http";
import { type Refusal, refusals } from "./refusals.ts";

/** How to refuse a request; undefined if it may be served. */
export function flawOf(request: IncomingMessage): Refusal | undefined {
  const { httpVersion, url = "", headers } = request;
  const coding = headers["transfer-encoding"];
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return refusals.version;
  }
  if (hostCount(request) !== 1 && (httpVersion === "1.1" || headers.host !== undefined)) {
    return refusals.host;
  }
  if (coding !== undefined && (httpVersion !== "1.1" || coding.toLowerCase() !== "chunked")) {
    return refusals.coding;
  }
  return url.startsWith("/") ? undefined : refusals.target;
}

/** Node's `headers` has only the first Host. */
function hostCount({ rawHeaders }: IncomingMessage): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") {
      count += 1;
    }
  }
  return count;
}
