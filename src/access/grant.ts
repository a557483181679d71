/** What a virtual key allows. Pure. */
import type { StoredKeys } from "../config/schema.ts";
import { createGlob } from "./glob.ts";

/** The settings of a virtual key that say what it allows. */
export type KeySettings = Omit<StoredKeys[string], "sha256" | "previous" | "expiresAt">;

interface KeyLimits {
  readonly requestsPerMinute: number | undefined;
  /** Tokens of prompts and answers. */
  readonly tokensPerMinute: number | undefined;
  /** Concurrent requests. */
  readonly maxConcurrent: number | undefined;
  /** US dollars per day (UTC). */
  readonly budgetUsdPerDay: number | undefined;
  /** US dollars per calendar month (UTC). */
  readonly budgetUsdPerMonth: number | undefined;
}

export interface Grant {
  /** The key's name in the config or the key file. */
  readonly name: string;
  /** Owner of sessions and usage. It survives a rename; a new key with an old name has a new id. */
  readonly id: string;
  /** Allowed modes. The first one replaces a configured default mode that is not allowed. */
  readonly modes: Readonly<KeySettings["modes"]>;
  /** Host tools in its agent runs: a list, perhaps empty, or `agent` for all of the agent's. */
  readonly tools: "agent" | readonly string[];
  readonly limits: KeyLimits;
  /** Whether the key reads the relay's metrics, and nothing else. */
  readonly readsMetrics: boolean;
  /** Whether the key has a limit in dollars. */
  readonly hasBudget: boolean;
  /** Whether a limit depends on the tokens used: `tokensPerMinute` or a budget. */
  readonly countsTokens: boolean;
  /** Whether the key allows only some models. */
  readonly limitsModels: boolean;
  mayUseAgent(agentId: string): boolean;
  /** Whether requests to an agent may call this model of it. @param model `provider/model`. */
  mayUseModel(model: string): boolean;
  /** Whether requests may name this model directly, and `/v1/models` lists it. @param model `provider/model`. */
  mayNameModel(model: string): boolean;
  /** Whether the key lists this exact model, rather than a pattern that matches it. @param model `provider/model`. */
  spellsOut(model: string): boolean;
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
    readsMetrics: settings.metrics === true,
    hasBudget,
    countsTokens: settings.tokensPerMinute !== undefined || hasBudget,
    limitsModels: patterns !== undefined,
    mayUseAgent: (agentId) => agents?.includes(agentId) ?? true,
    mayUseModel: (model) => matches(model) ?? true,
    mayNameModel: (model) => matches(model) ?? false,
    spellsOut: (model) => settings.models?.includes(model) ?? false,
  };
}

/** Anything but an explicit `agent` or a list means no tools. */
function toolsOf(tools: KeySettings["tools"]): Grant["tools"] {
  return tools === "agent" ? tools : typeof tools === "object" ? tools : [];
}
