/** Which mode serves whom: the agents' settings and the keys' modes together. Pure. */
import type { RelayConfig } from "../config/schema.ts";
import { RelayError } from "../errors.ts";
import { type ModeName, runKind, selectMode } from "../modes/select.ts";
import type { KeyFacts } from "./facts.ts";

/** @returns the mode of an operator's request to an agent. */
export function modeOf(config: RelayConfig, agentId: string): ModeName {
  return config.agents[agentId]?.mode ?? config.mode;
}

/** @returns the mode of a key's request that names only the agent; undefined if it is refused. */
export function modeForKey(
  config: RelayConfig,
  { modes }: KeyFacts["settings"],
  agentId: string,
): ModeName | undefined {
  try {
    const selector = { kind: "agent", agent: { kind: "default" } } as const;
    return selectMode({ config, selector, agentId, headers: {}, allowed: modes });
  } catch (error) {
    if (error instanceof RelayError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether a key may use an agent. */
export function mayAskFor({ agents }: KeyFacts["settings"], agentId: string): boolean {
  return agents === undefined || agents.some((id) => id.toLowerCase() === agentId);
}

/** The modes in which an agent is served: to operators, and to the keys that may use it. */
export function modesOf(
  config: RelayConfig,
  keys: readonly KeyFacts[],
  agentId: string,
): ReadonlySet<ModeName> {
  const ofKeys = keys
    .filter(({ settings }) => mayAskFor(settings, agentId))
    .map(({ settings }) => modeForKey(config, settings, agentId))
    .filter((mode) => mode !== undefined);
  return new Set([modeOf(config, agentId), ...ofKeys]);
}

/** The first of the modes that calls the agent's models directly; undefined if every request is an agent run. */
export function directMode(
  config: RelayConfig,
  modes: ReadonlySet<ModeName>,
  agentId: string,
): ModeName | undefined {
  return [...modes].find((mode) => runKind({ config, agentId, mode }) === undefined);
}

/** Whether light turns of an agent are, or may be, agent runs with its light prompt. */
export function runsTrimmed(config: RelayConfig, agentId: string): boolean {
  const settings = config.agents[agentId];
  return (
    (settings?.light?.tools ?? []).length > 0 ||
    (settings?.session?.ephemeral === false && modeOf(config, agentId) === "light")
  );
}

/** Whether a key's agent runs are limited to some of the host's tools, or to none. */
export function runsLimited({ modes, tools }: KeyFacts["settings"]): boolean {
  return modes.includes("agent") && tools !== "agent";
}

export function namesPrompt(config: RelayConfig, agentId: string): boolean {
  return config.agents[agentId]?.http?.systemPrompt !== undefined;
}

/** The name of a key's first budget setting; undefined if the key has no budget. */
export function budgetOf(settings: KeyFacts["settings"]): string | undefined {
  return Object.keys(settings).find((setting) => setting.startsWith("budgetUsd"));
}
