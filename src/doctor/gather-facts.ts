/** Gathers the facts for the check of the configuration. */
import type { HookPermissions } from "../agent/ports.ts";
import type { ConfigSource } from "../config/source.ts";
import type { GatewayFacts } from "../control/gateway-facts.ts";
import type { AgentCatalog, ModelCatalog, RouteSource } from "../routing/ports.ts";
import type { Target } from "../routing/route.ts";
import type { CredentialSource } from "../upstream/credentials.ts";
import type { AgentFacts, KeyFacts, ProblemFacts, TargetFact } from "./facts.ts";
import { readFileFacts } from "./file-facts.ts";
import type { Diagnostics } from "./ports.ts";
import { providerIn } from "./references.ts";
import { budgetOf, directMode, mayAskFor, modesOf, namesPrompt } from "./served-modes.ts";

/** What the check asks the gateway for. */
export type DoctorHost = AgentCatalog &
  ConfigSource &
  Diagnostics &
  HookPermissions &
  Pick<CredentialSource, "credential"> &
  Pick<GatewayFacts, "coreEndpoints" | "hostFacts"> &
  Pick<ModelCatalog, "providers"> &
  Pick<RouteSource, "route"> & {
    /** The folder in which the host keeps its state. */
    stateFolder(): string;
  };

export interface ProblemFactsParts {
  readonly host: DoctorHost;
  /** All virtual keys in use. */
  readonly keys: () => readonly KeyFacts[];
  /** Reads an agent's prompt for light mode. @throws RelayError if it cannot be read. */
  readonly readPrompt: (agentId: string) => Promise<unknown>;
}

/** @returns a function that gathers the facts. It resolves models only if a problem could depend on them. */
export function createProblemFacts(parts: ProblemFactsParts): () => Promise<ProblemFacts> {
  const { host, keys: allKeys, readPrompt } = parts;

  const targetsOf = async (agentId: string): Promise<TargetFact[]> => {
    const targets: TargetFact[] = [];
    // One at a time: a burst of resolutions would delay requests.
    for (const target of host.agentTargets(agentId)) {
      targets.push(await targetFact(host, target));
    }
    return targets;
  };

  return async () => {
    const config = host.config();
    const { ids: agentIds } = host.agents();
    const keys = allKeys();
    const agents = new Map<string, AgentFacts>();
    for (const id of agentIds) {
      const modes = modesOf(config, keys, id);
      const needsTargets =
        directMode(config, modes, id) !== undefined ||
        keys.some(({ settings }) => budgetOf(settings) !== undefined && mayAskFor(settings, id));
      const needsPrompt = modes.has("light") || namesPrompt(config, id);
      agents.set(id, {
        targets: needsTargets ? await targetsOf(id) : undefined,
        promptProblem: needsPrompt
          ? await readPrompt(id).then(() => undefined, wordsOf)
          : undefined,
      });
    }
    const namesProviders =
      Object.keys(config.upstream.providers).length > 0 ||
      keys.some(({ settings }) =>
        settings.models?.some((pattern) => providerIn(pattern) !== undefined),
      );
    return {
      config,
      agentIds,
      agents,
      keys,
      providers: namesProviders ? await host.providers().catch(() => undefined) : undefined,
      configuredProviders: host.configuredProviders(),
      coreEndpoints: host.coreEndpoints(),
      missingHookPermissions: host.missingHookPermissions(),
      host: host.hostFacts(),
      files: await readFileFacts(host.stateFolder()),
    };
  };
}

async function targetFact(host: DoctorHost, target: Target): Promise<TargetFact> {
  try {
    const route = await host.route(target);
    if (route.sendsKey) {
      await host.credential(route);
    }
    const { provider, modelId, cost } = route;
    const hasPrice = cost !== undefined && (cost.input > 0 || cost.output > 0);
    return { kind: "known", provider, modelId, hasPrice };
  } catch (error) {
    const description = await host.describeTarget(target).catch(() => undefined);
    return { kind: "unknown", message: wordsOf(error), description };
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "It failed for an unknown reason.";
}
