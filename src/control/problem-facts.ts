/** Gathers the facts for the check of the configuration. */
import type { HookPermissions } from "../agent/ports.ts";
import type { ConfigSource } from "../config/source.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "../routing/ports.ts";
import type { Target } from "../routing/route.ts";
import type { GatewayFacts } from "./gateway-facts.ts";
import {
  type AgentFacts,
  budgetOf,
  type KeyFacts,
  mayAskFor,
  modeOf,
  namesPrompt,
  type ProblemFacts,
  type TargetFact,
} from "./problems.ts";

export interface ProblemFactsParts {
  readonly host: AgentCatalog &
    ConfigSource &
    HookPermissions &
    Pick<GatewayFacts, "coreEndpoints"> &
    Pick<ModelCatalog, "providers"> &
    Pick<RouteSource, "route">;
  /** All virtual keys in use. */
  readonly keys: () => readonly KeyFacts[];
  /** Reads an agent's prompt for light mode. @throws RelayError if it cannot be read. */
  readonly readPrompt: (agentId: string) => Promise<unknown>;
}

/** @returns a function that gathers the facts. It resolves models only if a problem could depend on them. */
export function createProblemFacts(parts: ProblemFactsParts): () => Promise<ProblemFacts> {
  const { host, keys: allKeys, readPrompt } = parts;

  const targetFact = async (target: Target): Promise<TargetFact> => {
    try {
      const { provider, modelId, cost } = await host.route(target);
      const hasPrice = cost !== undefined && (cost.input > 0 || cost.output > 0);
      return { kind: "known", provider, modelId, hasPrice };
    } catch (error) {
      return { kind: "unknown", message: wordsOf(error) };
    }
  };

  const targetsOf = async (agentId: string): Promise<TargetFact[]> => {
    const targets: TargetFact[] = [];
    // One at a time: a burst of resolutions would delay requests.
    for (const target of host.agentTargets(agentId)) {
      targets.push(await targetFact(target));
    }
    return targets;
  };

  return async () => {
    const config = host.config();
    const { ids: agentIds } = host.agents();
    const keys = allKeys();
    const agents = new Map<string, AgentFacts>();
    for (const id of agentIds) {
      const needsTargets =
        modeOf(config, id) !== "agent" ||
        keys.some(({ settings }) => budgetOf(settings) !== undefined && mayAskFor(settings, id));
      const needsPrompt = modeOf(config, id) === "light" || namesPrompt(config, id);
      agents.set(id, {
        targets: needsTargets ? await targetsOf(id) : undefined,
        promptProblem: needsPrompt
          ? await readPrompt(id).then(() => undefined, wordsOf)
          : undefined,
      });
    }
    const namesProviders = Object.keys(config.upstream.providers).length > 0;
    return {
      config,
      agentIds,
      agents,
      keys,
      providers: namesProviders ? await host.providers().catch(() => undefined) : undefined,
      coreEndpoints: host.coreEndpoints(),
      missingHookPermissions: host.missingHookPermissions(),
    };
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "It failed for an unknown reason.";
}
