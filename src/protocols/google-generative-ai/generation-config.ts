/** Writes a request's parameters as Google's `generationConfig`. */
import { isRecord } from "../../text/json.ts";
import type { Parameters } from "../parameters.ts";
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
  const config: Record<string, unknown> = isRecord(own) ? { ...own } : {};
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
  const legacy = parameters.number("max_tokens");
  const maxTokens = parameters.number("max_completion_tokens");
  set(
    maxTokens === undefined ? "max_tokens" : "max_completion_tokens",
    "maxOutputTokens",
    maxTokens ?? legacy,
  );
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
  set("stop", "stopSequences", stopSequences(parameters));
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

function stopSequences(parameters: Parameters): readonly string[] | undefined {
  const stop = parameters.take("stop");
  const words = Array.isArray(stop) ? stop : stop === undefined ? [] : [stop];
  const usable = words
    .filter((word) => typeof word === "string" && word !== "")
    .slice(0, maxStopSequences);
  if (usable.length < words.length) {
    parameters.drop("stop");
  }
  return usable.length === 0 ? undefined : usable;
}

function writeFormat(
  parameters: Parameters,
  set: (name: string, field: string, value: unknown) => void,
): void {
  const format = parameters.take("response_format");
  const type = isRecord(format) ? format["type"] : undefined;
  if (type === "json_schema" || type === "json_object") {
    set("response_format", "responseMimeType", "application/json");
    const described = isRecord(format) ? format["json_schema"] : undefined;
    if (type === "json_schema" && isRecord(described)) {
      set("response_format", "responseJsonSchema", described["schema"]);
    }
  } else if (format !== undefined && type !== "text") {
    parameters.drop("response_format");
  }
}

/** Google's own numbers for its OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai, "Thinking"). */
const thinkingTokens: ReadonlyMap<string, number> = new Map(
  Object.entries({
    minimal: 1024,
    low: 1024,
    medium: 8192,
    high: 24_576,
    xhigh: 24_576,
    max: 24_576,
  }),
);

/** The levels end at `HIGH`. */
const levels: ReadonlyMap<string, string> = new Map(
  Object.entries({
    minimal: "MINIMAL",
    low: "LOW",
    medium: "MEDIUM",
    high: "HIGH",
    xhigh: "HIGH",
    max: "HIGH",
  }),
);

function thinkingConfig(parameters: Parameters, model: ModelFacts): Json | undefined {
  const effort = parameters.text("reasoning_effort");
  if (effort === undefined || (effort === "none" && !model.isReasoning)) {
    return undefined;
  }
  const { efforts } = model;
  const word =
    efforts !== undefined && Object.hasOwn(efforts, effort) ? efforts[effort] : undefined;
  if (model.isReasoning && word !== null) {
    if (!model.thinksByEffort) {
      const thinkingBudget = effort === "none" ? 0 : thinkingTokens.get(effort);
      if (thinkingBudget !== undefined) {
        return thinkingBudget === 0
          ? { thinkingBudget }
          : { thinkingBudget, includeThoughts: true };
      }
    } else {
      // There is no level for "none": these models always think.
      const level = word?.toUpperCase() ?? levels.get(effort);
      if (level !== undefined) {
        return { thinkingLevel: level, ...(effort === "none" ? {} : { includeThoughts: true }) };
      }
    }
  }
  parameters.drop("reasoning_effort");
  return undefined;
}
