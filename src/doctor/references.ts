/** Settings that name something that does not exist. Pure. */
import { listed, pathOf, type Problem, quoted } from "../control/problems.ts";
import type { KeyFacts, ProblemFacts } from "./facts.ts";

export function danglingReferences(facts: ProblemFacts): Problem[] {
  return [
    ...defaultAgent(facts),
    ...unknownAgents(facts),
    ...unknownProviders(facts),
    ...facts.keys.flatMap((key) => agentsOfKey(key, facts)),
    ...facts.keys.flatMap((key) => modelsOfKey(key, facts)),
  ];
}

function defaultAgent({ config, agentIds }: ProblemFacts): Problem[] {
  const named = config.defaultAgent;
  return named === undefined || agentIds.includes(named.toLowerCase())
    ? []
    : [
        {
          severity: "error",
          path: pathOf("defaultAgent"),
          message: `There is no agent ${quoted(named)}, so \`openclaw\` and \`openclaw/default\` are refused.`,
          fix: `Set it to one of ${listed(agentIds)}, or remove it.`,
        },
      ];
}

function unknownAgents({ config, agentIds }: ProblemFacts): Problem[] {
  return Object.keys(config.agents)
    .filter((id) => !agentIds.includes(id))
    .map((id) => ({
      severity: "warning",
      path: pathOf("agents", id),
      message: `There is no agent ${quoted(id)}, so these settings are never used.`,
      fix: `Rename it to one of ${listed(agentIds)}, or remove it.`,
    }));
}

function unknownProviders({ config, providers }: ProblemFacts): Problem[] {
  return Object.keys(config.upstream.providers)
    .filter((id) => providers !== undefined && !providers.has(id))
    .map((id) => ({
      severity: "warning",
      path: pathOf("upstream", "providers", id),
      message: `The gateway has no provider ${quoted(id)}, so these settings are never used.`,
      fix: "Use the id of a provider in models.providers, or of one that the gateway has a key for, or remove these settings.",
    }));
}

function agentsOfKey({ path, settings }: KeyFacts, { agentIds }: ProblemFacts): Problem[] {
  const named = settings.agents ?? [];
  const unknownIds = named.filter((id) => !agentIds.includes(id.toLowerCase()));
  return unknownIds.length === 0
    ? []
    : [
        {
          severity: unknownIds.length === named.length ? "error" : "warning",
          path: `${path}.agents`,
          message: `There is no agent ${listed(unknownIds)}.`,
          fix: `Name one of ${listed(agentIds)}, or remove the list to allow all agents.`,
        },
      ];
}

/** Patterns that spell out a provider which the gateway does not have. Other patterns may match models to come. */
function modelsOfKey({ path, settings }: KeyFacts, { providers }: ProblemFacts): Problem[] {
  const named = settings.models ?? [];
  const dangling = named.filter((pattern) => {
    const provider = providerIn(pattern);
    return provider !== undefined && providers !== undefined && !providers.has(provider);
  });
  return dangling.length === 0
    ? []
    : [
        {
          severity: dangling.length === named.length ? "error" : "warning",
          path: `${path}.models`,
          message: `The gateway has no provider for ${listed(dangling)}.`,
          fix: "Begin each pattern with the id of a provider in models.providers, or of one that the gateway has a key for, such as `openai/*`.",
        },
      ];
}

/** The provider that a pattern spells out; undefined if a wildcard may match several. */
export function providerIn(pattern: string): string | undefined {
  return /^([^/*?]+)\//.exec(pattern)?.[1];
}
