/** Finds the agents that would serve a caller, for the list of models: every listed name should work. */
import { RelayError } from "../errors.ts";
import type { HookPermissions, HostAbilities } from "../agent/ports.ts";
import type { ConfigSource } from "../config/source.ts";
import type { AgentCatalog, RouteSource } from "../routing/ports.ts";
import type { Caller } from "../access/caller.ts";
import { type ModeName, runKind, selectMode } from "../modes/select.ts";
import { modelName, type Route } from "../routing/route.ts";

/** How long an agent's routes are cached. Resolving an unreachable model costs the host up to 300 ms. */
const ttlMs = 5000;

/** The routes to an agent's models; undefined for a model that cannot be resolved. */
type Routes = readonly (Route | undefined)[];

interface CachedRoutes {
  readonly routes: Promise<Routes>;
  /** The config at that time; a different object after each change. */
  readonly config: object;
  readonly untilMs: number;
}

/**
 * @param now the time in milliseconds, from any origin.
 * @returns a function that tells whether a caller's request that names only this agent would be served.
 */
export function createServableAgents(
  host: ConfigSource &
    HookPermissions &
    HostAbilities &
    Pick<AgentCatalog & RouteSource, "agentTargets" | "route">,
  now: () => number = () => performance.now(),
): (caller: Caller, agentId: string) => Promise<boolean> {
  const cache = new Map<string, CachedRoutes>();

  const routesOf = (agentId: string): Promise<Routes> => {
    const cached = cache.get(agentId);
    const config = host.config();
    if (cached?.config === config && now() < cached.untilMs) {
      return cached.routes;
    }
    const routes = Promise.all(
      host.agentTargets(agentId).map((target) => host.route(target).catch(() => undefined)),
    );
    cache.set(agentId, { routes, config, untilMs: now() + ttlMs });
    return routes;
  };

  return async ({ grant }, agentId) => {
    const config = host.config();
    const mode = modeOf({ config, agentId, allowed: grant?.modes });
    if (mode === undefined) {
      return false;
    }
    const run = runKind({ config, agentId, mode });
    // Hooks set the prompt of a light run, and limit the tools of a key's runs.
    const isLimited = run !== undefined && grant !== undefined && grant.tools !== "agent";
    const needsHooks = run === "trimmed" || isLimited;
    if (needsHooks && host.missingHookPermissions().length > 0) {
      return false;
    }
    const { trimmedRuns, toolLimits } = host.capabilities();
    if ((run === "trimmed" && !trimmedRuns) || (isLimited && !toolLimits)) {
      return false;
    }
    if (run !== undefined && grant?.limitsModels !== true) {
      return true;
    }
    const routes = await routesOf(agentId);
    const granted = routes.filter(
      (route) => route !== undefined && grant?.mayUseModel(modelName(route)) !== false,
    );
    // A run may use any of the agent's models, so the key must allow them all.
    return run !== undefined ? granted.length === routes.length : granted.length > 0;
  };
}

/** The mode that would serve; undefined if the key does not allow it. */
function modeOf(
  question: Pick<Parameters<typeof selectMode>[0], "config" | "agentId" | "allowed">,
): ModeName | undefined {
  try {
    const selector = { kind: "agent", agent: { kind: "default" } } as const;
    return selectMode({ ...question, selector, headers: {} });
  } catch (error) {
    if (error instanceof RelayError) {
      return undefined;
    }
    throw error;
  }
}
