/** Maps the paths of a surface to endpoints. */
import type { Protocol } from "../protocols/protocol.ts";
import { createRoute, type Endpoint, type RouteHandler, type RouteOptions } from "./route.ts";

/** One row of the route table. */
export interface RouteEntry<Caller> {
  /** For the log, such as `chat-completions`. */
  readonly name: string;
  /** Relative to the surface's base, such as `/chat/completions`. */
  readonly path: string;
  /** `prefix` also matches all paths below it. */
  readonly match: "exact" | "prefix";
  readonly method: "GET" | "POST";
  /** The clients' protocol. */
  readonly protocol: Protocol;
  readonly endpoint: Endpoint<Caller>;
}

/** A path and its handler. */
export interface ServedRoute {
  /** The full path, such as `/v1/models`. */
  readonly path: string;
  readonly match: "exact" | "prefix";
  readonly handler: RouteHandler;
}

/** Options that all routes of a surface share. */
export type SurfaceOptions<Caller> = Pick<
  RouteOptions<Caller>,
  "authenticate" | "openClients" | "publish" | "traceContext"
> & {
  /** Such as `/v1`. */
  readonly base: string;
};

export function serveRoutes<Caller>(
  table: readonly RouteEntry<Caller>[],
  { base, ...shared }: SurfaceOptions<Caller>,
): ServedRoute[] {
  return table.map(({ path, match, name, method, protocol, endpoint }) => ({
    path: base + path,
    match,
    handler: createRoute({ ...shared, name, method, protocol, endpoint }),
  }));
}

/**
 * Returns a handler that selects a route by the request's path. It compares the path literally: dot segments, double
 * slashes and percent-encoded characters match nothing.
 * @param unknown serves all other paths.
 */
export function createRouter(routes: readonly ServedRoute[], unknown: RouteHandler): RouteHandler {
  const exact = new Map(routes.map((route) => [route.path, route.handler]));
  const prefixes = routes.filter(({ match }) => match === "prefix");
  return (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const handler =
      exact.get(path) ??
      prefixes.find((route) => path.startsWith(`${route.path}/`))?.handler ??
      unknown;
    return handler(request, response);
  };
}
