/** Writes a request's parameters as Google's `generationConfig`. */
import { isRecord, recordOf } from "../../text/json.ts";
import { takeMaxTokens } from "../max-tokens.ts";
import type { Parameters } from "../parameters.ts";
import { takeStop } from "../stop-sequences.ts";
import type { ModelFacts } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/** Google refuses more. */
const maxStopSequences = 5;
const maxSeed = 2 ** 31 - 1;

/** @param own the client's own `generationConfig`, whose members win over parameters that say the same. */
export function writeGenerationConfig(
  parameters: Parameters,
  model: ModelFacts,
  own: unknown,
): Json {
  const config: Record<string, unknown> = { ...recordOf(own) };
  const set = (name: string, field: string, value: unknown) => {
    if (value === undefined) {
      return;
    }
    if (Object.hasOwn(config, field)) {
      parameters.drop(name);
    } else {
      config[field] = value;
    }
  };
  const limit = takeMaxTokens(parameters);
  if (limit !== undefined) {
    set(limit.name, "maxOutputTokens", limit.value);
  }
  for (const [name, field] of sampling) {
    const value = parameters.number(name);
    if (value !== undefined && !model.acceptsSampling) {
      parameters.drop(name);
    } else {
      set(name, field, value);
    }
  }
  for (const [name, field] of penalties) {
    // Models that have no penalties refuse even 0, which is the default.
    set(name, field, parameters.number(name) || undefined);
  }
  const seed = parameters.number("seed");
  if (seed !== undefined && (!Number.isInteger(seed) || Math.abs(seed) > maxSeed)) {
    parameters.drop("seed");
  } else {
    set("seed", "seed", seed);
  }
  set("stop", "stopSequences", takeStop(parameters, undefined, maxStopSequences));
  writeFormat(parameters, set);
  set("thinking_config", "thinkingConfig", parameters.take("thinking_config"));
  if (!Object.hasOwn(config, "thinkingConfig")) {
    set("reasoning_effort", "thinkingConfig", thinkingConfig(parameters, model));
  }
  return config;
}

const sampling = [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["top_k", "topK"],
] as const;

const penalties = [
  ["presence_penalty", "presencePenalty"],
  ["frequency_penalty", "frequencyPenalty"],
] as const;

function writeFormat(
  parameters: Parameters,
  set: (name: string, field: string, value: unknown) => void,
): void {
  const format = parameters.take("response_format");
  const { type, json_schema: described } = recordOf(format);
  if (type === "json_schema" || type === "json_object") {
    set("response_format", "responseMimeType", "application/json");
    if (type === "json_schema" && isRecord(described)) {
      set("response_format", "responseJsonSchema", described["schema"]);
    }
  } else if (format !== undefined && type !== "text") {
    parameters.drop("response_format");
  }
}

/**
 * The level of each effort, and the number of tokens that Google's OpenAI-compatible endpoint takes for it
 * (ai.google.dev/gemini-api/docs/openai, "Thinking"). The levels end at `HIGH`.
 */
const thinking: ReadonlyMap<string, readonly [level: string, tokens: number]> = new Map([
  ["minimal", ["MINIMAL", 1024]],
  ["low", ["LOW", 1024]],
  ["medium", ["MEDIUM", 8192]],
  ["high", ["HIGH", 24_576]],
  ["xhigh", ["HIGH", 24_576]],
  ["max", ["HIGH", 24_576]],
]);

function thinkingConfig(parameters: Parameters, model: ModelFacts): Json | undefined {
  const effort = parameters.text("reasoning_effort");
  if (effort === undefined || (effort === "none" && !model.isReasoning)) {
    return undefined;
  }
  const { efforts = {}, thinksByEffort } = model;
  const word = Object.hasOwn(efforts, effort) ? efforts[effort] : undefined;
  const [level, tokens] = thinking.get(effort) ?? [];
  if (model.isReasoning && word !== null) {
    if (effort === "none" && !thinksByEffort) {
      return { thinkingBudget: 0 };
    }
    // Models that think by effort always think, so that they have no level for "none".
    const thinkingLevel = word?.toUpperCase() ?? level;
    const amount = thinksByEffort
      ? thinkingLevel && { thinkingLevel }
      : tokens && { thinkingBudget: tokens };
    if (amount) {
      return { ...amount, includeThoughts: true };
    }
  }
  parameters.drop("reasoning_effort");
  return undefined;
}
