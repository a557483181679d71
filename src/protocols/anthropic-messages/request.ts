/** Writes a request to a model in Anthropic's Messages API (docs.anthropic.com, "Messages"). */
import { isRecord, recordOf } from "../../text/json.ts";
import { callArguments } from "../call-arguments.ts";
import { spokenParts, statesOf } from "../earlier-answer.ts";
import { dropMarks } from "../marks.ts";
import { takeMaxTokens } from "../max-tokens.ts";
import type {
  AssistantMessage,
  Call,
  FilePart,
  ImagePart,
  ModelRequest,
  Part,
  Tool,
  ToolMessage,
} from "../model-request.ts";
import { createParameters, type Parameters } from "../parameters.ts";
import { takeStop } from "../stop-sequences.ts";
import { inTurns } from "../turns.ts";
import { unsupported } from "../unsupported.ts";
import type { EncodeContext, EncodedRequest, ModelFacts } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;
type Block = Record<string, unknown>;

/** Members of the Messages API that chat completions does not have. */
export const ownParameters: ReadonlySet<string> = new Set([
  "thinking",
  "top_k",
  "output_config",
  "cache_control",
  "container",
  "context_management",
  "mcp_servers",
  "inference_geo",
]);

export function encode(request: ModelRequest, context: EncodeContext): EncodedRequest {
  const parameters = createParameters(request.parameters);
  dropMarks(request, { cacheControl: true }, parameters);
  const { system, turns } = inTurns(
    request.messages,
    {
      part: writePart,
      answer: (message) => writeAnswer(message, context, parameters),
      result: writeResult,
    },
    parameters,
  );
  const body: Record<string, unknown> = { model: context.model.id };
  for (const name of ownParameters) {
    const value = parameters.take(name);
    if (value !== undefined) {
      body[name] = value;
    }
  }
  Object.assign(body, writeParameters(parameters, context.model, body));
  if (system.length > 0) {
    body["system"] = system;
  }
  body["messages"] = turns.map(({ role, items }) => ({ role, content: items }));
  if (request.tools.length > 0) {
    body["tools"] = request.tools.map(writeTool);
  }
  const choice = writeToolChoice(request, parameters);
  if (choice !== undefined) {
    body["tool_choice"] = choice;
  }
  body["stream"] = true;
  return {
    path: /\/v\d+\/*$/.test(new URL(context.baseUrl).pathname) ? "/messages" : "/v1/messages",
    headers: { "anthropic-version": "2023-06-01" },
    body,
    dropped: [...request.unknownMembers, ...parameters.dropped()],
  };
}

/** Anthropic's API has no default. Its oldest models answer with at most this. */
const defaultMaxTokens = 4096;

function writeParameters(parameters: Parameters, model: ModelFacts, own: Block): Block {
  const maxTokens = takeMaxTokens(parameters)?.value ?? model.maxTokens ?? defaultMaxTokens;
  const body: Block = { max_tokens: maxTokens };
  const outputConfig: Block = { ...recordOf(own["output_config"]) };
  const { thinking = own["thinking"], effort } =
    own["thinking"] === undefined ? writeThinking(parameters, model, maxTokens) : {};
  if (effort !== undefined) {
    outputConfig["effort"] = effort;
  }
  if (thinking !== undefined) {
    body["thinking"] = thinking;
  }
  const isThinking = isRecord(thinking) && thinking["type"] !== "disabled";
  for (const name of ["temperature", "top_p"] as const) {
    const value = parameters.number(name);
    if (value === undefined) {
      continue;
    }
    if (value < 0 || value > 1 || isThinking || !model.acceptsSampling) {
      parameters.drop(name);
    } else {
      body[name] = value;
    }
  }
  const stop = takeStop(parameters, (text) => text.trim() !== "");
  if (stop !== undefined) {
    body["stop_sequences"] = stop;
  }
  const metadata = parameters.take("metadata");
  const safetyIdentifier = parameters.text("safety_identifier");
  const user = parameters.text("user") ?? safetyIdentifier;
  const userId = isRecord(metadata) ? (metadata["user_id"] ?? user) : user;
  if (userId !== undefined) {
    body["metadata"] = { user_id: userId };
  }
  const { user_id: _, ...others } = isRecord(metadata) ? metadata : { metadata };
  if (metadata !== undefined && Object.keys(others).length > 0) {
    parameters.drop("metadata");
  }
  const tier = parameters.text("service_tier");
  if (tier === "auto" || tier === "standard_only") {
    body["service_tier"] = tier;
  } else if (tier === "default") {
    body["service_tier"] = "standard_only";
  } else if (tier !== undefined) {
    parameters.drop("service_tier");
  }
  const format = parameters.take("response_format");
  if (isRecord(format) && format["type"] === "json_schema" && isRecord(format["json_schema"])) {
    outputConfig["format"] = { type: "json_schema", schema: format["json_schema"]["schema"] };
  } else if (format !== undefined && !(isRecord(format) && format["type"] === "text")) {
    parameters.drop("response_format");
  }
  if (Object.keys(outputConfig).length > 0) {
    body["output_config"] = outputConfig;
  }
  return body;
}

/** The host's own numbers of tokens (`thinkingBudgets`, openclaw 2026.9.6). The API wants at least 1,024. */
const thinkingTokens: ReadonlyMap<string, number> = new Map(
  Object.entries({
    minimal: 1024,
    low: 2048,
    medium: 8192,
    high: 16_384,
    xhigh: 32_768,
    max: 32_768,
  }),
);
const minThinkingTokens = 1024;

interface Thinking {
  readonly thinking?: Block;
  readonly effort?: string;
}

function writeThinking(parameters: Parameters, model: ModelFacts, maxTokens: number): Thinking {
  const effort = parameters.text("reasoning_effort");
  if (effort === undefined) {
    return {};
  }
  if (effort === "none") {
    return model.isReasoning ? { thinking: { type: "disabled" } } : {};
  }
  const word = model.efforts?.[effort];
  const tokens = thinkingTokens.get(effort);
  if (!model.isReasoning || word === null || tokens === undefined) {
    parameters.drop("reasoning_effort");
    return {};
  }
  if (model.thinksByEffort) {
    return {
      thinking: { type: "adaptive", display: "summarized" },
      effort: word ?? (effort === "minimal" ? "low" : effort),
    };
  }
  const budget = Math.min(tokens, maxTokens - 1);
  if (budget < minThinkingTokens) {
    parameters.drop("reasoning_effort");
    return {};
  }
  return { thinking: { type: "enabled", budget_tokens: budget } };
}

function writeAnswer(
  message: AssistantMessage,
  { remembered }: EncodeContext,
  parameters: Parameters,
): Block[] {
  const { refusal, calls, reasoning } = message;
  const thinking = statesOf(message, remembered, thinkingBlock);
  if (reasoning !== undefined && thinking.length === 0) {
    // Reasoning without the provider's signature is refused.
    parameters.drop("messages.reasoning_content");
  }
  return [
    ...thinking,
    ...spokenParts(message).map(writePart),
    ...(refusal === undefined ? [] : [{ type: "text", text: refusal }]),
    ...calls.map(writeCall),
  ];
}

/** A block of the provider's own that is sent back unchanged. */
function thinkingBlock(value: Json): Block[] {
  const { type } = value;
  return type === "thinking" || type === "redacted_thinking" ? [{ ...value }] : [];
}

function writeCall(call: Call): Block {
  const { id, name, cacheControl } = call;
  return { type: "tool_use", id, name, input: callArguments(call), ...marked(cacheControl) };
}

function writeResult({ callId, parts }: ToolMessage): Block {
  const [only] = parts;
  const isText = parts.length === 1 && only?.kind === "text" && only.cacheControl === undefined;
  return {
    type: "tool_result",
    tool_use_id: callId,
    ...(parts.length === 0 ? {} : { content: isText ? only.text : parts.map(writePart) }),
  };
}

function marked(cacheControl: unknown): Block {
  return cacheControl === undefined ? {} : { cache_control: cacheControl };
}

function writePart(part: Part): Block {
  const mark = marked(part.cacheControl);
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text, ...mark };
    case "image":
      return { type: "image", source: imageSource(part), ...mark };
    case "file":
      return {
        type: "document",
        source: documentSource(part),
        ...(part.filename === undefined ? {} : { title: part.filename }),
        ...mark,
      };
    case "vendor":
      return { ...part.value };
    case "audio":
      throw unsupported(
        part.path,
        "is audio, which this provider does not take. Send its text, or use another model",
      );
  }
}

function imageSource({ source }: ImagePart): Block {
  return source.kind === "url"
    ? { type: "url", url: source.url }
    : { type: "base64", media_type: source.mediaType, data: source.base64 };
}

function documentSource({ source }: FilePart): Block {
  switch (source.kind) {
    case "id":
      return { type: "file", file_id: source.id };
    case "url":
      return { type: "url", url: source.url };
    case "data":
      return source.mediaType === "text/plain"
        ? {
            type: "text",
            media_type: "text/plain",
            data: Buffer.from(source.base64, "base64").toString("utf8"),
          }
        : { type: "base64", media_type: source.mediaType, data: source.base64 };
  }
}

function writeTool(tool: Tool): Json {
  if (tool.kind === "vendor") {
    return tool.value;
  }
  const { name, description, parameters, strict, cacheControl } = tool;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: parameters ?? { type: "object", properties: {} },
    ...(strict === undefined ? {} : { strict }),
    ...marked(cacheControl),
  };
}

function writeToolChoice(
  { toolChoice, tools }: ModelRequest,
  parameters: Parameters,
): Block | undefined {
  const parallel = parameters.boolean("parallel_tool_calls");
  const serial = parallel === false && tools.length > 0 ? { disable_parallel_tool_use: true } : {};
  switch (toolChoice?.kind) {
    case undefined:
      return parallel === false && tools.length > 0 ? { type: "auto", ...serial } : undefined;
    case "auto":
      return { type: "auto", ...serial };
    case "none":
      return { type: "none" };
    case "required":
      return { type: "any", ...serial };
    case "function":
      return { type: "tool", name: toolChoice.name, ...serial };
  }
}
