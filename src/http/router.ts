/** The routes of a surface: which endpoint serves which path. */
import type { Protocol } from "../protocols/protocol.ts";
import { createRoute, type Endpoint, type RouteHandler, type RouteOptions } from "./route.ts";

/** One line of the route table. */
export interface RouteEntry<Caller> {
  /** For the log, such as `chat-completions`. */
  readonly name: string;
  /** Below the surface's base, such as `/chat/completions`. */
  readonly path: string;
  /** `prefix`: paths below it, too. */
  readonly match: "exact" | "prefix";
  readonly method: "GET" | "POST";
  /** What its clients speak. */
  readonly protocol: Protocol;
  readonly endpoint: Endpoint<Caller>;
}

/** A path and what serves it. */
export interface ServedRoute {
  /** Whole, such as `/v1/models`. */
  readonly path: string;
  readonly match: "exact" | "prefix";
  readonly handler: RouteHandler;
}

/** What the routes of a surface have in common. */
export type SurfaceOptions<Caller> = Pick<RouteOptions<Caller>, "authenticate" | "publish"> & {
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
 * Finds the route of a path, which has to be written just so: no dots, no second slash, no percent signs.
 * @param unknown serves every other path.
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
