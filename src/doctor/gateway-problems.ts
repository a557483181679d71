/** What the gateway takes away from the relay, does not allow it, or cannot do. Pure. */
import { entryPath, pathOf, type Problem, quoted } from "../control/problems.ts";
import type { ProblemFacts } from "./facts.ts";
import { modesOf, runsLimited, runsTrimmed } from "./served-modes.ts";

export function coreEndpointProblems({ coreEndpoints }: ProblemFacts): Problem[] {
  return coreEndpoints.map((name) => ({
    severity: "error",
    path: `gateway.http.endpoints.${name}.enabled`,
    message:
      "Core's own endpoint answers /v1/models and /v1/embeddings" +
      `${name === "chatCompletions" ? ", and /v1/chat/completions," : ""} instead of the relay.`,
    fix: "Set it to false.",
  }));
}

/** Hooks set the prompt of light turns that are agent runs, and limit the tools of a key's runs. */
export function hookProblems({
  config,
  agentIds,
  keys,
  missingHookPermissions,
}: ProblemFacts): Problem[] {
  const agent = agentIds.find((id) => runsTrimmed(config, id));
  const key = keys.find(({ settings }) => runsLimited(settings));
  const refused = [
    ...(agent === undefined ? [] : [`light turns of agent ${quoted(agent)}`]),
    ...(key === undefined ? [] : [`agent runs of the key ${quoted(key.name)}`]),
  ];
  return refused.length === 0
    ? []
    : missingHookPermissions.map(({ key: setting, value }) => ({
        severity: "error",
        path: `${entryPath}.hooks.${setting}`,
        message: `Hooks are not allowed, so requests that need them are refused: ${refused.join("; ")}.`,
        fix: `Set it to ${value}.`,
      }));
}

/** What this version of OpenClaw lacks, where the configuration needs it. docs/hosts.md describes each capability. */
export function missingCapabilities(facts: ProblemFacts): Problem[] {
  const { config, agentIds, keys, host } = facts;
  const lacks = (capability: string) => host.capabilities[capability] === false;
  const version = `OpenClaw ${host.version}`;
  return [
    ...agentIds
      .filter((id) => lacks("trimmedRuns") && runsTrimmed(config, id))
      .map((id): Problem => {
        const byTools = (config.agents[id]?.light?.tools ?? []).length > 0;
        return {
          severity: "error",
          path: byTools ? pathOf("agents", id, "light", "tools") : pathOf("agents", id, "session"),
          message: `Light turns of agent ${quoted(id)} that are agent runs are refused, because ${version} cannot give a run the light prompt (\`trimmedRuns\`).`,
          fix: "Update OpenClaw to 2026.9.6 or newer, or remove this setting.",
        };
      }),
    ...keys
      .filter(({ settings }) => lacks("toolLimits") && runsLimited(settings))
      .map(({ name, path }): Problem => ({
        severity: "error",
        path: `${path}.modes`,
        message: `Agent runs of the key ${quoted(name)} are refused, because ${version} cannot limit a run's tools (\`toolLimits\`).`,
        fix: 'Update OpenClaw to 2026.9.6 or newer, or remove "agent" from the list.',
      })),
    ...(lacks("sessionCleanup") && Object.keys(config.retention).length > 0
      ? [
          {
            severity: "warning" as const,
            path: pathOf("retention"),
            message: `Nothing is removed, because ${version} cannot remove sessions with their transcripts (\`sessionCleanup\`).`,
            fix: "Update OpenClaw to 2026.8.2 or newer, or remove this setting.",
          },
        ]
      : []),
    ...(lacks("memorySessions") && keepsRunsInMemory(facts)
      ? [
          {
            severity: "warning" as const,
            path: pathOf("sessions", "anonymous"),
            message: `The sessions of agent runs are files until the relay deletes them, because ${version} cannot keep them in memory (\`memorySessions\`).`,
            fix: "Update OpenClaw to 2026.8.2 or newer.",
          },
        ]
      : []),
  ];
}

function keepsRunsInMemory({ config, agentIds, keys }: ProblemFacts): boolean {
  return (
    config.sessions.anonymous === "ephemeral" &&
    agentIds.some((id) => runsTrimmed(config, id) || modesOf(config, keys, id).has("agent"))
  );
}
