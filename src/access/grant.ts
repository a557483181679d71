/** What a virtual key allows. Pure. */
import { createGlob } from "./glob.ts";

type GrantedMode = "agent" | "light" | "passthrough";

interface KeyLimits {
  readonly requestsPerMinute: number | undefined;
  /** Prompt and answer together. */
  readonly tokensPerMinute: number | undefined;
  /** Requests at once. */
  readonly maxConcurrent: number | undefined;
  /** From midnight to midnight, UTC. */
  readonly budgetUsdPerDay: number | undefined;
  /** From the first of a month to the first of the next, UTC. */
  readonly budgetUsdPerMonth: number | undefined;
}

export interface Grant {
  /** The name in the config, for people. */
  readonly name: string;
  /** What sessions and usage belong to; another key has another one, even under the same name. */
  readonly id: string;
  /** The first one serves where nothing else is said. */
  readonly modes: readonly GrantedMode[];
  /** The host's tools in its agent runs: a list, perhaps empty, or `agent` for all that the agent has. */
  readonly tools: "agent" | readonly string[];
  readonly limits: KeyLimits;
  /** Whether a limit is in dollars. */
  readonly hasBudget: boolean;
  /** Whether a limit depends on how many tokens are used. */
  readonly countsTokens: boolean;
  /** Whether it allows some models only. */
  readonly limitsModels: boolean;
  mayUseAgent(agentId: string): boolean;
  /** Whether a model of one of its agents may be called. @param model `provider/model`. */
  mayUseModel(model: string): boolean;
  /** Whether a model may be named directly, and seen. @param model `provider/model`. */
  mayNameModel(model: string): boolean;
  /** Whether a model is written out among those allowed, and not only matched. @param model `provider/model`. */
  spellsOut(model: string): boolean;
}

/** `keys.NAME` of the config. */
export interface KeySettings {
  readonly id: string;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly modes: readonly GrantedMode[];
  /** `none` where it is left out. */
  readonly tools?: "none" | "agent" | readonly string[];
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly maxConcurrent?: number;
  readonly budgetUsdPerDay?: number;
  readonly budgetUsdPerMonth?: number;
}

export function createGrant(name: string, settings: KeySettings): Grant {
  const agents = settings.agents?.map((id) => id.toLowerCase());
  const patterns = settings.models?.map(createGlob);
  const hasBudget =
    settings.budgetUsdPerDay !== undefined || settings.budgetUsdPerMonth !== undefined;
  const matches = (model: string) => patterns?.some((pattern) => pattern(model));
  return {
    name,
    id: settings.id,
    modes: settings.modes,
    tools: toolsOf(settings.tools),
    limits: {
      requestsPerMinute: settings.requestsPerMinute,
      tokensPerMinute: settings.tokensPerMinute,
      maxConcurrent: settings.maxConcurrent,
      budgetUsdPerDay: settings.budgetUsdPerDay,
      budgetUsdPerMonth: settings.budgetUsdPerMonth,
    },
    hasBudget,
    countsTokens: settings.tokensPerMinute !== undefined || hasBudget,
    limitsModels: patterns !== undefined,
    mayUseAgent: (agentId) => agents?.includes(agentId) ?? true,
    mayUseModel: (model) => matches(model) ?? true,
    mayNameModel: (model) => matches(model) ?? false,
    spellsOut: (model) => settings.models?.includes(model) ?? false,
  };
}

/** Anything that is not said in so many words is no tool. */
function toolsOf(tools: KeySettings["tools"]): Grant["tools"] {
  return tools === "agent" ? tools : typeof tools === "object" ? tools : [];
}
