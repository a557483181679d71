/** Where at a provider a request goes. */
import type { Route } from "../routing/route.ts";

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
