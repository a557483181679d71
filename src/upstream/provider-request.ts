/** What a provider is sent beside the body: where it goes, and which headers go with it. */
import type { HeaderFields } from "../text/header-fields.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Route } from "../routing/route.ts";

/** What a client may tell a provider. Its own credentials, cookies, addresses and `x-openclaw-*` are not among it. */
const fromClient = ["accept", "idempotency-key", "traceparent", "tracestate"] as const;

interface Authorization {
  /** What the provider speaks. */
  readonly protocol: Protocol;
  /** The provider's key, for a route that sends it; undefined where the provider wants none. */
  readonly key: string | undefined;
}

const userAgent = "openclaw-passthrough";

/**
 * The headers of a request to a provider, as undici's flat list of names and values. What the operator configured for
 * the provider wins over everything but the framing.
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

/** Ours to set, whatever a config says. */
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

const known = new WeakMap<Route, Map<string, ProviderUrl>>();

/**
 * Appends the resource to the path of the route's base URL and keeps its query (Azure's `?api-version=`). Worked out once
 * for each route and resource.
 */
export function providerUrl(route: Route, resource: string): ProviderUrl {
  let ofRoute = known.get(route);
  if (ofRoute === undefined) {
    ofRoute = new Map();
    known.set(route, ofRoute);
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
