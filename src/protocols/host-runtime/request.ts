/** Writes a request to a model for the host's runtime. Names what the runtime would lose, and refuses what it would repair. */
import { RelayError } from "../../errors.ts";
import { isRecord } from "../../text/json.ts";
import type { ModelRequest, Tool } from "../model-request.ts";
import { takeMaxTokens } from "../max-tokens.ts";
import { createParameters, type Parameters } from "../parameters.ts";
import type { RuntimeModel, RuntimeOptions, RuntimeRequest, RuntimeTool } from "../runtime.ts";
import { abilitiesOf, type Abilities } from "./abilities.ts";
import { writeConversation } from "./conversation.ts";
import { writeReasoning } from "./reasoning.ts";

type Json = Readonly<Record<string, unknown>>;
type Writable<T> = { -readonly [key in keyof T]: T[key] };

/**
 * @throws RelayError `unsupported_params` if the runtime cannot hold the conversation, or would change it; `invalid_body`.
 */
export function encodeForRuntime(request: ModelRequest, model: RuntimeModel): RuntimeRequest {
  const parameters = createParameters(request.parameters);
  const { systemPrompt, messages } = writeConversation(request.messages, model, parameters);
  const options = writeOptions(request, model, parameters);
  return {
    context: {
      ...(systemPrompt === "" ? {} : { systemPrompt }),
      messages,
      ...(request.tools.length === 0
        ? {}
        : { tools: request.tools.map((tool) => writeTool(tool, parameters)) }),
    },
    options,
    dropped: [...request.unknownMembers, ...parameters.dropped()],
  };
}

function writeOptions(
  request: ModelRequest,
  model: RuntimeModel,
  parameters: Parameters,
): RuntimeOptions {
  const abilities = abilitiesOf(model.api);
  const limit = writeLimit(parameters, model, abilities);
  const { isReasoning, ...reasoning } = writeReasoning(parameters, model, { abilities, limit });
  const options: Writable<RuntimeOptions> = {
    ...(limit === undefined ? {} : { maxTokens: limit }),
    ...reasoning,
    cacheRetention: "none",
  };
  const temperature = parameters.number("temperature");
  if (temperature !== undefined) {
    if (model.facts.acceptsSampling && !(isReasoning && abilities.reasoningExcludesChoices)) {
      options.temperature = temperature;
    } else {
      parameters.drop("temperature");
    }
  }
  const stop = writeStop(parameters, abilities);
  if (stop !== undefined) {
    options.stop = stop;
  }
  const choice = writeToolChoice(request, { abilities, isReasoning, parameters });
  if (choice !== undefined) {
    options.toolChoice = choice;
  }
  const userId = writeUser(parameters, abilities);
  if (userId !== undefined) {
    options.metadata = { user_id: userId };
  }
  const cacheKey = abilities.takesCacheKey ? parameters.text("prompt_cache_key") : undefined;
  if (cacheKey !== undefined) {
    // These APIs have no marks: `short` only lets the key through.
    options.promptCacheKey = cacheKey;
    options.cacheRetention = "short";
  }
  return options;
}

/** The most tokens of the answer. */
function writeLimit(
  parameters: Parameters,
  { facts }: RuntimeModel,
  { minTokens }: Abilities,
): number | undefined {
  const limit = takeMaxTokens(parameters);
  if (
    limit !== undefined &&
    (limit.value < minTokens || limit.value > (facts.maxTokens ?? Infinity))
  ) {
    // The runtime raises it to the API's least value, or lowers it to the model's greatest.
    parameters.drop(limit.name);
  }
  return limit?.value;
}

function writeStop(parameters: Parameters, { takesStop }: Abilities): string[] | undefined {
  const stop = parameters.take("stop");
  if (stop === undefined) {
    return undefined;
  }
  const given: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const usable = given.filter(
    (word): word is string => typeof word === "string" && word.trim() !== "",
  );
  if (given.length > 0 && (!takesStop || usable.length < given.length)) {
    parameters.drop("stop");
  }
  return takesStop && usable.length > 0 ? usable : undefined;
}

interface ChoiceContext {
  readonly abilities: Abilities;
  readonly isReasoning: boolean;
  readonly parameters: Parameters;
}

function writeToolChoice(
  { toolChoice, tools }: ModelRequest,
  { abilities, isReasoning, parameters }: ChoiceContext,
): string | Json | undefined {
  if (toolChoice === undefined || (toolChoice.kind === "auto" && tools.length === 0)) {
    return undefined;
  }
  const { choices } = abilities;
  if (choices === "none") {
    if (toolChoice.kind !== "auto") {
      parameters.drop("tool_choice");
    }
    return undefined;
  }
  const isForced = toolChoice.kind === "required" || toolChoice.kind === "function";
  if (isForced && isReasoning && abilities.reasoningExcludesChoices) {
    parameters.drop("tool_choice");
    return undefined;
  }
  switch (toolChoice.kind) {
    case "auto":
    case "none":
      return toolChoice.kind;
    case "required":
      return choices === "anthropic" ? "any" : "required";
    case "function": {
      const { name } = toolChoice;
      return choices === "anthropic"
        ? { type: "tool", name }
        : { type: "function", function: { name } };
    }
  }
}

function writeUser(parameters: Parameters, { takesUser }: Abilities): string | undefined {
  if (!takesUser) {
    return undefined;
  }
  const metadata = parameters.take("metadata");
  const ofMetadata = isRecord(metadata) ? metadata["user_id"] : undefined;
  if (isRecord(metadata) && Object.keys(metadata).some((name) => name !== "user_id")) {
    parameters.drop("metadata");
  }
  const safetyIdentifier = parameters.text("safety_identifier");
  const user = parameters.text("user") ?? safetyIdentifier;
  return typeof ofMetadata === "string" ? ofMetadata : user;
}

function writeTool(tool: Tool, parameters: Parameters): RuntimeTool {
  if (tool.kind === "vendor") {
    throw new RelayError(
      "unsupported_params",
      `\`${tool.path}\` is a vendor's own tool, which the gateway's runtime does not take. Leave it out, or use another model.`,
      { param: tool.path },
    );
  }
  if (tool.strict === true) {
    parameters.drop("tools.function.strict");
  }
  if (tool.cacheControl !== undefined) {
    parameters.drop("tools.cache_control");
  }
  return {
    name: tool.name,
    description: tool.description ?? "",
    parameters: tool.parameters ?? { type: "object", properties: {} },
  };
}
