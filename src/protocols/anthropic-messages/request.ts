/** Writes a request to a model in Anthropic's Messages API (docs.anthropic.com, "Messages"). */
import { RelayError } from "../../errors.ts";
import { isRecord } from "../../text/json.ts";
import { callArguments } from "../call-arguments.ts";
import type {
  AssistantMessage,
  Call,
  FilePart,
  ImagePart,
  Message,
  ModelRequest,
  Part,
  Tool,
} from "../model-request.ts";
import { createParameters, type Parameters } from "../parameters.ts";
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
  const { system, messages } = writeMessages(request.messages, context, parameters);
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
  body["messages"] = messages;
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
  const legacy = parameters.number("max_tokens");
  const maxTokens =
    parameters.number("max_completion_tokens") ?? legacy ?? model.maxTokens ?? defaultMaxTokens;
  const body: Block = { max_tokens: maxTokens };
  const outputConfig: Block = isRecord(own["output_config"]) ? { ...own["output_config"] } : {};
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
  const stop = parameters.take("stop");
  const sequences = (Array.isArray(stop) ? stop : [stop]).filter((word) => word !== undefined);
  const usable = sequences.filter((word) => typeof word === "string" && word.trim() !== "");
  if (usable.length > 0) {
    body["stop_sequences"] = usable;
  }
  if (usable.length < sequences.length) {
    parameters.drop("stop");
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

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: Block[];
}

/** Neighbours of one role become one message, because the API takes turns. */
function writeMessages(
  messages: readonly Message[],
  context: EncodeContext,
  parameters: Parameters,
): { readonly system: readonly Block[]; readonly messages: readonly Turn[] } {
  const system: Block[] = [];
  const turns: Turn[] = [];
  const add = (role: Turn["role"], blocks: readonly Block[]) => {
    const last = turns.at(-1);
    if (last?.role === role) {
      last.content.push(...blocks);
    } else {
      turns.push({ role, content: [...blocks] });
    }
  };
  for (const message of messages) {
    if (message.role !== "tool" && message.name !== undefined) {
      parameters.drop("messages.name");
    }
    if (message.parts.some(hasDetail)) {
      parameters.drop("messages.content.image_url.detail");
    }
    switch (message.role) {
      case "system":
      case "developer":
        system.push(...message.parts.map(writePart));
        if (turns.length > 0) {
          // The API has one system prompt, in front. This message is not where the client put it.
          parameters.drop("messages.role");
        }
        break;
      case "user":
        add("user", message.parts.map(writePart));
        break;
      case "assistant":
        add("assistant", writeAssistant(message, context, parameters));
        break;
      case "tool":
        add("user", [writeResult(message.callId, message.parts)]);
        break;
    }
  }
  return { system, messages: turns };
}

function writeAssistant(
  { parts, refusal, calls, reasoning, opaque }: AssistantMessage,
  { remembered }: EncodeContext,
  parameters: Parameters,
): Block[] {
  const [first] = calls;
  const own = opaque.flatMap(thinkingBlock);
  const thinking =
    own.length > 0 || first === undefined ? own : remembered(first.id).flatMap(thinkingBlock);
  if (reasoning !== undefined && thinking.length === 0) {
    // Reasoning without the provider's signature is refused.
    parameters.drop("messages.reasoning_content");
  }
  const texts = parts.filter((part) => part.kind !== "text" || part.text !== "").map(writePart);
  return [
    ...thinking,
    ...texts,
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

function writeResult(callId: string, parts: readonly Part[]): Block {
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
      throw new RelayError(
        "unsupported_params",
        `\`${part.path}\` is audio, which this provider does not take. Send its text, or use another model.`,
        { param: part.path },
      );
  }
}

/** Whether the client says how closely the model should look at an image, which the API decides itself. */
function hasDetail(part: Part): boolean {
  return part.kind === "image" && part.detail !== undefined && part.detail !== "auto";
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
