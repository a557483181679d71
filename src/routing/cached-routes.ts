/** Caches routes, for each snapshot of the gateway's config. */
import { LRUCache } from "lru-cache";
import { perSnapshot } from "../config/per-snapshot.ts";
import type { RouteSource } from "./ports.ts";
import type { Route, Target } from "./route.ts";

/**
 * Cached routes for one snapshot. Preparing a model again costs memory: until its process ends, the host keeps 29 KB for
 * each preparation of a catalog model and about 300 KB for any other (openclaw 2026.9.6).
 */
const maxRoutes = 1000;

/** @param current returns the snapshot: the same object until the gateway's config changes. */
export function cachedRoutes(
  current: () => object,
  resolve: (target: Target) => Promise<Route>,
): RouteSource["route"] {
  const routes = perSnapshot(
    current,
    () => new LRUCache<string, Promise<Route>>({ max: maxRoutes }),
  );
  return (target) => {
    const known = routes();
    const id = `${target.agentId} ${target.namedBy} ${target.modelRef ?? ""}`;
    let route = known.get(id);
    if (route === undefined) {
      route = resolve(target);
      known.set(id, route);
      // Do not cache failures: an operator can add a missing key without a change of the config.
      route.catch(() => known.delete(id));
    }
    return route;
  };
}
