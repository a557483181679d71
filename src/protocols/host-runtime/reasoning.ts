/** Writes the reasoning effort for the host's runtime, so that the limit of tokens stays what the client asked for. */
import type { Parameters } from "../parameters.ts";
import type { RuntimeModel, RuntimeOptions } from "../runtime.ts";
import type { Abilities } from "./abilities.ts";

/** The runtime's levels, with the tokens that it reserves for them on models that think by a number of tokens. */
const levels: ReadonlyMap<string, number> = new Map(
  Object.entries({
    minimal: 1024,
    low: 2048,
    medium: 8192,
    high: 16_384,
    xhigh: 16_384,
    max: 32_768,
  }),
);
/** With fewer, the runtime switches reasoning off. */
const minThinkingTokens = 1024;

interface Reasoning extends Pick<RuntimeOptions, "reasoning" | "thinkingBudgets" | "maxTokens"> {
  readonly isReasoning: boolean;
}

const unasked: Reasoning = { isReasoning: false };

/** @param context.limit the most tokens of the answer, with its reasoning. */
export function writeReasoning(
  parameters: Parameters,
  { facts }: RuntimeModel,
  { abilities, limit }: { readonly abilities: Abilities; readonly limit: number | undefined },
): Reasoning {
  const effort = parameters.text("reasoning_effort");
  if (effort === undefined) {
    return unasked;
  }
  if (effort === "none") {
    return facts.isReasoning ? { isReasoning: false, reasoning: "off" } : unasked;
  }
  const tokens = levels.get(effort);
  const dropped = () => {
    parameters.drop("reasoning_effort");
    return unasked;
  };
  if (!facts.isReasoning || tokens === undefined || facts.efforts?.[effort] === null) {
    return dropped();
  }
  const asked: Reasoning = { isReasoning: true, reasoning: effort };
  const mayGrow = abilities.reasoningTokens !== "kept" && !facts.thinksByEffort;
  if (limit === undefined || !mayGrow) {
    return asked;
  }
  const budget = Math.min(tokens, limit - 1);
  if (abilities.reasoningTokens === "unknown" || budget < minThinkingTokens) {
    return dropped();
  }
  // The runtime adds the budget to the limit. It knows `xhigh` by the budget of `high`.
  const level = effort === "xhigh" ? "high" : effort;
  return { ...asked, maxTokens: limit - budget, thinkingBudgets: { [level]: budget } };
}
