/** URL and headers of a request to a provider. */
import type { HeaderFields } from "../text/header-fields.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Route } from "../routing/route.ts";

/** Client headers that reach the provider. Never credentials, cookies, client addresses or `x-openclaw-*`. */
const fromClient = ["accept", "idempotency-key", "traceparent", "tracestate"] as const;

interface Authorization {
  /** The provider's protocol. */
  readonly protocol: Protocol;
  /** The provider's key; undefined if it needs none or the route does not send it. */
  readonly key: string | undefined;
}

const userAgent = "openclaw-passthrough";

/**
 * Returns the headers of a request to a provider, as undici's flat list of names and values. The provider's configured
 * headers win over all others except the framing headers.
 */
export function requestHeaders(
  route: Route,
  client: HeaderFields,
  { protocol, key }: Authorization,
): string[] {
  const list = ["content-type", "application/json", "accept-encoding", "identity"];
  const add = (name: string, value: string | string[] | undefined) => {
    if (typeof value === "string" && route.headers[name] === undefined) {
      list.push(name, value);
    }
  };
  for (const name of fromClient) {
    add(name, client[name]);
  }
  add("user-agent", userAgent);
  if (route.sendsKey && key !== undefined) {
    add(...protocol.credentialHeader(key));
  }
  for (const name in route.headers) {
    if (!framing.has(name)) {
      list.push(name, route.headers[name] as string);
    }
  }
  return list;
}

/** Headers that the relay or undici sets. Configured values for them are ignored. */
const framing: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "transfer-encoding",
  "connection",
  "host",
  "accept-encoding",
]);

export interface ProviderUrl {
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
}

const urls = new WeakMap<Route, Map<string, ProviderUrl>>();

/**
 * Appends the resource to the path of the route's base URL, and keeps the URL's query (Azure's `?api-version=`). Cached
 * by route and resource.
 */
export function providerUrl(route: Route, resource: string): ProviderUrl {
  let ofRoute = urls.get(route);
  if (ofRoute === undefined) {
    ofRoute = new Map();
    urls.set(route, ofRoute);
  }
  let url = ofRoute.get(resource);
  if (url === undefined) {
    const base = new URL(route.baseUrl);
    url = {
      origin: base.origin,
      path: `${base.pathname.replace(/\/+$/, "")}${resource}${base.search}`,
    };
    ofRoute.set(resource, url);
  }
  return url;
}
