/** Agents whose models or prompts cannot be used. Pure. */
import { listed, pathOf, type Problem, quoted, within } from "../control/problems.ts";
import { modelName } from "../routing/route.ts";
import type { ProblemFacts, TargetFact } from "./facts.ts";
import { directMode, mayAskFor, modeForKey, modeOf, modesOf, namesPrompt } from "./served-modes.ts";

export function promptProblems({ config, agents }: ProblemFacts): Problem[] {
  return [...agents].flatMap(([id, { promptProblem }]) =>
    promptProblem === undefined
      ? []
      : [
          {
            severity: "error" as const,
            path: namesPrompt(config, id)
              ? pathOf("agents", id, "http", "systemPrompt")
              : pathOf("light", "files"),
            message: `Light turns of agent ${quoted(id)} are refused. ${promptProblem}`,
            fix: "Name a file in the agent's workspace, or set the prompt here as a text.",
          },
        ],
  );
}

/** Providers that an agent's models need and that the gateway has no credential for. */
export function missingCredentials({ agents }: ProblemFacts): Problem[] {
  const without = new Map<string, { readonly agents: Set<string>; isNeeded: boolean }>();
  for (const [agentId, { targets = [] }] of agents) {
    const isServed = targets.some(({ kind }) => kind === "known");
    for (const { provider } of targets.flatMap(keylessOf)) {
      const found = without.get(provider) ?? { agents: new Set(), isNeeded: false };
      found.agents.add(agentId);
      found.isNeeded ||= !isServed;
      without.set(provider, found);
    }
  }
  return [...without].map(([provider, { agents: ids, isNeeded }]) => ({
    severity: isNeeded ? "error" : "warning",
    path: within("models.providers", provider, "apiKey"),
    message: `The gateway has no credential for the provider ${quoted(provider)}, which ${ids.size === 1 ? "the agent" : "the agents"} ${listed([...ids])} would use.`,
    fix: "Set it, or add an auth profile (`openclaw models auth login`); `openclaw models status` shows what there is.",
  }));
}

function keylessOf(target: TargetFact) {
  const description = target.kind === "unknown" ? target.description : undefined;
  return description?.hasProvider === true && !description.hasKey ? [description] : [];
}

/** Agents in passthrough or light mode, for operators or for a key, whose models the relay cannot reach. */
export function unservedModels(facts: ProblemFacts): Problem[] {
  const { config, agentIds, agents, keys } = facts;
  return agentIds.flatMap((id): Problem[] => {
    const mode = directMode(config, modesOf(config, keys, id), id);
    const targets = agents.get(id)?.targets ?? [];
    const isServed = targets.some(({ kind }) => kind === "known");
    // As long as others serve, a missing credential is a problem of its provider, not of each agent.
    const skipped = isServed ? targets.filter((target) => keylessOf(target).length === 0) : targets;
    const reasons = skipped.map(reasonNotServed).filter((reason) => reason !== undefined);
    if (mode === undefined || reasons.length === 0) {
      return [];
    }
    return [
      {
        severity: isServed ? "warning" : "error",
        path: modePath(facts, id, mode),
        message:
          `Agent ${quoted(id)} is served in ${mode} mode, and ` +
          `${isServed ? "some of its models are skipped" : "none of its models can be used"}: ${reasons.join(" ")}`,
        fix: `Give the agent models that the gateway can call (\`openclaw models status\` shows them), or set ${pathOf("agents", id, "mode")} to "agent".`,
      },
    ];
  });
}

/** The setting that chooses a mode: the agent's, the general one, or the modes of a key. */
function modePath({ config, keys }: ProblemFacts, agentId: string, mode: string): string {
  if (modeOf(config, agentId) === mode) {
    const hasOwn =
      Object.hasOwn(config.agents, agentId) && config.agents[agentId]?.mode !== undefined;
    return hasOwn ? pathOf("agents", agentId, "mode") : pathOf("mode");
  }
  const key = keys.find(
    ({ settings }) =>
      mayAskFor(settings, agentId) && modeForKey(config, settings, agentId) === mode,
  );
  return key === undefined ? pathOf("mode") : `${key.path}.modes`;
}

/** Why a model is not served, as a sentence; undefined if it is. */
function reasonNotServed(target: TargetFact): string | undefined {
  if (target.kind === "known") {
    return undefined;
  }
  const { description, message } = target;
  if (description === undefined) {
    return message;
  }
  const name = quoted(modelName(description));
  return !description.hasProvider
    ? `The gateway has no provider for ${name}.`
    : !description.hasKey
      ? `The gateway has no credential for ${name}.`
      : !description.isListed
        ? `The gateway does not know ${name}.`
        : message;
}
