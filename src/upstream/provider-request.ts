/** URL and headers of a request to a provider. */
import type { TraceHeaders } from "../telemetry/trace-context.ts";
import type { HeaderFields } from "../text/header-fields.ts";
import type { Route } from "../routing/route.ts";

/** Client headers that reach the provider, besides those of the trace. Never credentials, cookies, client addresses or `x-openclaw-*`. */
const passedOn = ["accept", "idempotency-key"] as const;

interface OwnHeaders {
  /** The headers with the provider's key; empty if it needs none or the route does not send it. */
  readonly credential: Readonly<Record<string, string>>;
  /** Headers of the provider's protocol. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the client's own; undefined passes those on. */
  readonly traceHeaders?: TraceHeaders | undefined;
  /** Further client headers that reach a provider of this protocol. */
  readonly fromClient?: readonly string[];
}

const noHeaders = {};
const userAgent = "openclaw-passthrough";

/**
 * Returns the headers of a request to a provider, as undici's flat list of names and values. The provider's configured
 * headers win over all others except the framing headers.
 */
export function requestHeaders(
  route: Route,
  client: HeaderFields,
  { credential, headers = noHeaders, traceHeaders, fromClient = [] }: OwnHeaders,
): string[] {
  const list = ["content-type", "application/json", "accept-encoding", "identity"];
  const add = (name: string, value: string | string[] | undefined) => {
    if (typeof value === "string" && route.headers[name] === undefined) {
      list.push(name, value);
    }
  };
  for (const name of passedOn) {
    add(name, client[name]);
  }
  const { traceparent, tracestate } = traceHeaders ?? client;
  add("traceparent", traceparent);
  add("tracestate", tracestate);
  for (const name of fromClient) {
    add(name, client[name]);
  }
  add("user-agent", userAgent);
  for (const name in headers) {
    add(name, headers[name]);
  }
  if (route.sendsKey) {
    for (const name in credential) {
      add(name, credential[name]);
    }
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
 * Appends the resource to the path of the route's base URL, and keeps the URL's query (Azure's `?api-version=`). A resource
 * that begins with `/../` replaces the last segment of that path. Cached by route and resource.
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
    const query = resource.includes("?") ? base.search.replace("?", "&") : base.search;
    const path = base.pathname.replace(/\/+$/, "");
    const isSibling = resource.startsWith("/../");
    url = {
      origin: base.origin,
      path: isSibling
        ? `${path.replace(/\/[^/]*$/, "")}${resource.slice("/..".length)}${query}`
        : `${path}${resource}${query}`,
    };
    ofRoute.set(resource, url);
  }
  return url;
}
