/** The plugin's part of the config as `init` would write it. Pure. */
import type { RelayConfig } from "../config/schema.ts";
import { listed } from "../control/problems.ts";
import { isRecord } from "../text/json.ts";
import type { Choices, ChosenAgent } from "./choices.ts";

/** `plugins.entries.passthrough`, as written in the file. */
export type WrittenEntry = Readonly<Record<string, unknown>>;

export interface Plan {
  readonly entry: WrittenEntry;
  /** What the operator should know, as sentences. */
  readonly notes: readonly string[];
}

type ModeName = RelayConfig["mode"];

/** Where voice platforms put the id of a call or a user (docs/voice.md). */
const voiceBodyPaths = [
  "call.id",
  "elevenlabs_extra_body.session_id",
  "user_id",
  "metadata.session_id",
];
/** A caller on the phone does not wait for the default of 30 s. */
const voiceFirstTokenTimeoutMs = 3000;

/**
 * Adds the choices to what is written. It changes only the modes and the address that were chosen, and adds only settings
 * that are not there yet.
 * @param agentIds all agents of the gateway.
 */
export function planEntry(
  before: WrittenEntry,
  choices: Choices,
  agentIds: readonly string[],
): Plan {
  const config = memberOf(before, "config");
  const chosen = chosenAgents(choices, agentIds);
  const agents = agentSettings(config, choices, chosen);
  const sessions = memberOf(config, "sessions");
  const needsVoice = chosen.some(({ mode }) => mode === "light");
  const hooks = hooksFor(before, chosen);
  return {
    entry: {
      ...before,
      ...(hooks === undefined ? {} : { hooks }),
      config: {
        ...config,
        ...(choices.agents === undefined ? { mode: choices.mode } : {}),
        ...(Object.keys(agents).length === 0 ? {} : { agents }),
        ...(needsVoice && sessions["bodyPaths"] === undefined
          ? { sessions: { ...sessions, bodyPaths: voiceBodyPaths } }
          : {}),
        ...(choices.listen === undefined
          ? {}
          : { listen: { ...memberOf(config, "listen"), ...choices.listen } }),
      },
    },
    notes: [...keptModes(config, choices), ...hookNotes(before, chosen)],
  };
}

/** The agents that the key may use, each with the mode that `init` gives it. */
export function chosenAgents(
  { agents, mode }: Choices,
  agentIds: readonly string[],
): readonly ChosenAgent[] {
  return agents ?? agentIds.map((id) => ({ id, mode }));
}

/**
 * The modes of the first key: those in which its agents are served, and with whole agents also light, which a request chooses
 * by a header.
 */
export function modesOfKey(
  config: Pick<RelayConfig, "mode" | "agents">,
  chosen: readonly ChosenAgent[],
): readonly ModeName[] {
  const modes = new Set(chosen.map(({ id }) => config.agents[id]?.mode ?? config.mode));
  if (modes.has("agent")) {
    modes.add("light");
  }
  return [...modes];
}

function agentSettings(
  config: WrittenEntry,
  choices: Choices,
  chosen: readonly ChosenAgent[],
): Record<string, unknown> {
  const agents: Record<string, unknown> = { ...memberOf(config, "agents") };
  for (const { id, mode } of chosen) {
    const written = memberOf(agents, id);
    const isSet = choices.agents !== undefined;
    // A choice for all agents together leaves the modes of single ones.
    const served = isSet ? mode : (written["mode"] ?? mode);
    const settings = {
      ...written,
      ...(isSet ? { mode } : {}),
      ...(mode === "light" && served === "light" && written["firstTokenTimeoutMs"] === undefined
        ? { firstTokenTimeoutMs: voiceFirstTokenTimeoutMs }
        : {}),
    };
    if (Object.keys(settings).length > 0) {
      agents[id] = settings;
    }
  }
  return agents;
}

/** Agents that keep a mode of their own, because the choice was for all agents together. */
function keptModes(config: WrittenEntry, { agents, mode }: Choices): readonly string[] {
  const kept =
    agents === undefined
      ? Object.entries(memberOf(config, "agents"))
          .filter(([, settings]) => {
            const own = isRecord(settings) ? settings["mode"] : undefined;
            return own !== undefined && own !== mode;
          })
          .map(([id]) => id)
      : [];
  return kept.length === 0
    ? []
    : [
        `${listed(kept)} ${kept.length === 1 ? "keeps its own mode" : "keep their own modes"}: name the agent with --agent to change it.`,
      ];
}

/** Agent runs of a key need hooks, which limit their tools. Undefined if nothing is to be changed. */
function hooksFor(before: WrittenEntry, chosen: readonly ChosenAgent[]): WrittenEntry | undefined {
  const hooks = memberOf(before, "hooks");
  return runsAgents(chosen) && hooks[permission] === undefined
    ? { ...hooks, [permission]: true }
    : undefined;
}

const permission = "allowConversationAccess";

function hookNotes(before: WrittenEntry, chosen: readonly ChosenAgent[]): readonly string[] {
  if (!runsAgents(chosen)) {
    return [];
  }
  const allowed = memberOf(before, "hooks")[permission] ?? true;
  return allowed === true
    ? [
        "Agent runs of the key have none of the host's tools. `openclaw passthrough keys update NAME --tools …` allows some.",
      ]
    : [
        `Agent runs of the key are refused until plugins.entries.passthrough.hooks.${permission} is true.`,
      ];
}

function runsAgents(chosen: readonly ChosenAgent[]): boolean {
  return chosen.some(({ mode }) => mode === "agent");
}

function memberOf(value: WrittenEntry, name: string): WrittenEntry {
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return isRecord(member) ? member : {};
}
