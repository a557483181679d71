/** Writes a request to a model in OpenAI's Responses API (platform.openai.com, "Create a model response"). */
import { isRecord, recordOf } from "../../text/json.ts";
import type { ModelRequest, Tool, ToolChoice } from "../model-request.ts";
import { dropMarks } from "../marks.ts";
import { createParameters, type Parameters } from "../parameters.ts";
import type { EncodeContext, EncodedRequest, ModelFacts } from "../wire.ts";
import { writeMessage } from "./input.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Members of the Responses API that chat completions does not have. Not `background`: such a response goes on when the
 * client has left.
 */
export const ownParameters: ReadonlySet<string> = new Set([
  "instructions",
  "include",
  "reasoning",
  "text",
  "truncation",
  "max_tool_calls",
  "previous_response_id",
  "conversation",
  "prompt",
  "context_management",
]);

/** Members that both APIs have, with one meaning. */
const sharedParameters = [
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
  "moderation",
  "parallel_tool_calls",
  "top_logprobs",
] as const;

/**
 * Writes the body of a request, and names what it does not say.
 * @throws RelayError `unsupported_params` or `invalid_body`.
 */
export function writeRequest(
  request: ModelRequest,
  { model, remembered }: EncodeContext,
): Pick<EncodedRequest, "body" | "dropped"> {
  const parameters = createParameters(request.parameters);
  dropMarks(request, { detail: true }, parameters);
  const { tools, toolChoice } = request;
  const body: Json = {
    model: model.id,
    ...passed(parameters),
    ...writeLimit(parameters),
    ...writeSampling(parameters, model),
    ...writeUser(parameters),
    ...writeReasoning(parameters, model),
    ...writeText(parameters),
    ...writeInclude(parameters, model),
    input: request.messages.flatMap((message) => writeMessage(message, remembered, parameters)),
    ...(tools.length === 0 ? {} : { tools: tools.map(writeTool) }),
    ...(toolChoice === undefined ? {} : { tool_choice: writeToolChoice(toolChoice) }),
    stream: true,
    // The API's default is true, and that of chat completions is false.
    store: parameters.boolean("store") ?? false,
  };
  return { body, dropped: [...request.unknownMembers, ...parameters.dropped()] };
}

/** Members that others build on. */
const built: ReadonlySet<string> = new Set(["include", "reasoning", "text"]);

function passed(parameters: Parameters): Json {
  const body: Record<string, unknown> = {};
  for (const name of [...sharedParameters, ...ownParameters]) {
    const value = built.has(name) ? undefined : parameters.take(name);
    if (value !== undefined) {
      body[name] = value;
    }
  }
  return body;
}

/** The API refuses a smaller `max_output_tokens`. */
const minOutputTokens = 16;

function writeLimit(parameters: Parameters): Json {
  const maxTokens = parameters.number("max_completion_tokens");
  const legacy = parameters.number("max_tokens");
  const limit = maxTokens ?? legacy;
  // To raise the limit would be a change in silence.
  const isTaken = limit !== undefined && limit >= minOutputTokens;
  if (maxTokens !== undefined && !isTaken) {
    parameters.drop("max_completion_tokens");
  }
  if (legacy !== undefined && (!isTaken || legacy !== limit)) {
    parameters.drop("max_tokens");
  }
  return isTaken ? { max_output_tokens: limit } : {};
}

function writeSampling(parameters: Parameters, { acceptsSampling }: ModelFacts): Json {
  const body: Record<string, unknown> = {};
  for (const name of ["temperature", "top_p"] as const) {
    const value = parameters.number(name);
    if (value !== undefined && acceptsSampling) {
      body[name] = value;
    } else if (value !== undefined) {
      parameters.drop(name);
    }
  }
  return body;
}

/** `user` is the old name of `safety_identifier` in both APIs. */
function writeUser(parameters: Parameters): Json {
  const user = parameters.text("user");
  const identifier = parameters.text("safety_identifier") ?? user;
  if (user !== undefined && user !== identifier) {
    parameters.drop("user");
  }
  return identifier === undefined ? {} : { safety_identifier: identifier };
}

function writeReasoning(parameters: Parameters, model: ModelFacts): Json {
  const own = parameters.take("reasoning");
  if (own !== undefined && (!isRecord(own) || own["effort"] !== undefined)) {
    // The more exact member wins: `reasoning_effort` is left, and named as dropped.
    return { reasoning: own };
  }
  const effort = parameters.text("reasoning_effort");
  const word = effort === undefined ? undefined : effortOf(effort, model);
  if (word !== undefined) {
    const summary = effort === "none" ? {} : { summary: "auto" };
    return { reasoning: { ...summary, ...own, effort: word } };
  }
  // A model without reasoning does none anyway.
  if (effort !== undefined && (effort !== "none" || model.isReasoning)) {
    parameters.drop("reasoning_effort");
  }
  return own === undefined ? {} : { reasoning: own };
}

/** The provider's word for an effort; undefined if the model does not have it. */
function effortOf(effort: string, { isReasoning, efforts }: ModelFacts): string | undefined {
  if (!isReasoning) {
    return undefined;
  }
  const known = efforts !== undefined && Object.hasOwn(efforts, effort);
  return known ? (efforts[effort] ?? undefined) : effort;
}

function writeText(parameters: Parameters): Json {
  const own = parameters.take("text") ?? {};
  if (!isRecord(own)) {
    return { text: own };
  }
  const text: Record<string, unknown> = { ...own };
  if (text["format"] === undefined) {
    const format = writeFormat(parameters);
    if (format !== undefined) {
      text["format"] = format;
    }
  }
  if (text["verbosity"] === undefined) {
    const verbosity = parameters.text("verbosity");
    if (verbosity !== undefined) {
      text["verbosity"] = verbosity;
    }
  }
  return Object.keys(text).length === 0 ? {} : { text };
}

function writeFormat(parameters: Parameters): Json | undefined {
  const format = parameters.take("response_format");
  const { type, json_schema: described } = recordOf(format);
  if (type === "json_schema" && isRecord(described)) {
    return { ...described, type };
  }
  if (type === "json_object") {
    return { type };
  }
  if (format !== undefined && type !== "text") {
    parameters.drop("response_format");
  }
  return undefined;
}

/** What an answer has only if the request says so. */
function writeInclude(parameters: Parameters, { isReasoning }: ModelFacts): Json {
  const own = parameters.take("include") ?? [];
  if (!Array.isArray(own)) {
    return { include: own };
  }
  const include = new Set<unknown>(own);
  if (isReasoning) {
    // What is not stored lives on only if the client gets it. Models without reasoning refuse the wish.
    include.add("reasoning.encrypted_content");
  }
  if (parameters.boolean("logprobs") === true) {
    include.add("message.output_text.logprobs");
  }
  return include.size === 0 ? {} : { include: [...include] };
}

function writeTool(tool: Tool): Json {
  if (tool.kind === "vendor") {
    return tool.value;
  }
  return {
    type: "function",
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    parameters: tool.parameters ?? { type: "object", properties: {} },
    // The API's default is true, and that of chat completions is false.
    strict: tool.strict ?? false,
  };
}

function writeToolChoice(choice: ToolChoice): string | Json {
  return choice.kind === "function" ? { type: "function", name: choice.name } : choice.kind;
}
