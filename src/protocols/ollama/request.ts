/** Writes a request to a model for Ollama's chat API (docs.ollama.com, "Generate a chat message"). */
import { RelayError } from "../../errors.ts";
import { isRecord, recordOf } from "../../text/json.ts";
import { callArguments } from "../call-arguments.ts";
import { dropMarks } from "../marks.ts";
import type { AssistantMessage, Message, ModelRequest, Part, Tool } from "../model-request.ts";
import { createParameters, type Parameters } from "../parameters.ts";
import { takeMaxTokens } from "../max-tokens.ts";
import { takeStop } from "../stop-sequences.ts";
import { unsupported } from "../unsupported.ts";
import type { EncodeContext, EncodedRequest, ModelFacts } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;
type Members = Record<string, unknown>;

/** Members of a request that pass where they are. */
const ownMembers = ["format", "think", "keep_alive", "truncate", "shift"];

/** Members of `options` about the model's words. Clients may also send them as members of the request. */
const ownOptions = [
  "num_ctx",
  "num_predict",
  "num_keep",
  "top_k",
  "min_p",
  "typical_p",
  "repeat_penalty",
  "repeat_last_n",
];

/** Members of `options` with the names of chat completions. */
const sharedOptions = ["temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"];

export const ownParameters: ReadonlySet<string> = new Set([
  "options",
  ...ownMembers,
  ...ownOptions,
]);

export function encode(request: ModelRequest, { model, baseUrl }: EncodeContext): EncodedRequest {
  const parameters = createParameters(request.parameters);
  dropMarks(request, {}, parameters);
  const body: Members = {
    model: model.id,
    messages: writeMessages(request.messages),
    stream: true,
  };
  add(body, ownMembers, parameters.take);
  // A prompt that is too long must fail. By default, the server cuts off its beginning.
  add(body, ["truncate", "shift"], () => false);
  add(body, ["think"], () => writeThink(parameters, model));
  add(body, ["format"], () => writeFormat(parameters));
  add(body, ["logprobs"], parameters.boolean);
  add(body, ["top_logprobs"], parameters.number);
  add(body, ["tools"], () => writeTools(request, parameters));
  add(body, ["options"], () => writeOptions(parameters, model));
  return {
    path: apiPath(baseUrl, "chat"),
    headers: {},
    body,
    dropped: [...request.unknownMembers, ...parameters.dropped()],
  };
}

/** Configs may have the URL of the server's OpenAI-compatible API, as the host's own plugin takes it. */
export function apiPath(baseUrl: string, resource: string): string {
  return `${/\/v1\/*$/i.test(new URL(baseUrl).pathname) ? "/.." : ""}/api/${resource}`;
}

/** Adds members that are not there yet: what the client says in Ollama's own words wins, and the rest is named as dropped. */
function add(members: Members, names: readonly string[], read: (name: string) => unknown): void {
  for (const name of names) {
    const value = Object.hasOwn(members, name) ? undefined : read(name);
    if (value !== undefined) {
      members[name] = value;
    }
  }
}

/** Reads what the client says of `options` in Ollama's own words. */
export function readOptions(parameters: Parameters): Members {
  const given = parameters.take("options") ?? {};
  if (!isRecord(given)) {
    throw new RelayError("invalid_body", "`options` must be an object.", { param: "options" });
  }
  const options: Members = { ...given };
  add(options, ownOptions, parameters.take);
  return options;
}

function writeOptions(parameters: Parameters, model: ModelFacts): Members | undefined {
  const options = readOptions(parameters);
  add(options, sharedOptions, parameters.number);
  add(options, ["num_predict"], () => takeMaxTokens(parameters)?.value);
  add(options, ["stop"], () => takeStop(parameters));
  // As the host's agents ask for: with another size the server would load the model again.
  add(options, ["num_ctx"], () => model.contextTokens);
  return Object.keys(options).length > 0 ? options : undefined;
}

/** The API's words for efforts. It has no other ones, except for `max` on some models. */
const levels: ReadonlyMap<string, string> = new Map(
  Object.entries({
    minimal: "low",
    low: "low",
    medium: "medium",
    high: "high",
    xhigh: "high",
    max: "high",
  }),
);

/** Models without reasoning refuse every `think` but `false`. */
function writeThink(parameters: Parameters, model: ModelFacts): unknown {
  const effort = parameters.text("reasoning_effort");
  if (effort === undefined) {
    return undefined;
  }
  const isOff = effort === "none";
  const level = levels.get(effort);
  const word = isOff || level !== undefined ? model.efforts?.[effort] : null;
  if (word === null || !(isOff || model.isReasoning)) {
    parameters.drop("reasoning_effort");
    return undefined;
  }
  return model.thinksByEffort && !isOff ? (word ?? level) : !isOff;
}

function writeFormat(parameters: Parameters): unknown {
  const format = parameters.take("response_format");
  if (format === undefined) {
    return undefined;
  }
  const { type, json_schema: described } = recordOf(format);
  if (type === "json_object") {
    return "json";
  }
  if (type === "json_schema" && isRecord(described) && isRecord(described["schema"])) {
    return described["schema"];
  }
  if (type !== "text") {
    parameters.drop("response_format");
  }
  return undefined;
}

function writeTools(
  { tools, toolChoice }: ModelRequest,
  parameters: Parameters,
): readonly Json[] | undefined {
  if (toolChoice?.kind === "none") {
    return undefined;
  }
  if (toolChoice !== undefined && toolChoice.kind !== "auto") {
    parameters.drop("tool_choice");
  }
  const written = tools.flatMap((tool) => writeTool(tool, parameters));
  return written.length > 0 ? written : undefined;
}

function writeTool(tool: Tool, parameters: Parameters): Json[] {
  if (tool.kind === "vendor") {
    parameters.drop("tools");
    return [];
  }
  if (tool.strict === true) {
    parameters.drop("tools.function.strict");
  }
  const { name, description, parameters: schema = { type: "object", properties: {} } } = tool;
  const described = description === undefined ? {} : { description };
  return [{ type: "function", function: { name, ...described, parameters: schema } }];
}

function writeMessages(messages: readonly Message[]): readonly Json[] {
  /** The names of the functions that were called so far, by the calls' ids. */
  const called = new Map<string, string>();
  return messages.map((message) => {
    const content = writeContent(message.parts);
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", ...content };
      case "user":
        return { role: "user", ...content };
      case "assistant":
        message.calls.forEach(({ id, name }) => called.set(id, name));
        return writeAssistant(message, content);
      case "tool": {
        const { callId, path } = message;
        const name = called.get(callId);
        if (name === undefined) {
          throw unsupported(`${path}.tool_call_id`, "is the id of no earlier call");
        }
        return { role: "tool", tool_name: name, tool_call_id: callId, ...content };
      }
    }
  });
}

function writeAssistant(
  { refusal, reasoning, calls }: AssistantMessage,
  { content, ...images }: Content,
): Json {
  const written = calls.map((call) => ({
    id: call.id,
    function: { name: call.name, arguments: callArguments(call) },
  }));
  return {
    role: "assistant",
    content: `${content}${refusal ?? ""}`,
    ...images,
    ...(reasoning === undefined ? {} : { thinking: reasoning }),
    ...(written.length === 0 ? {} : { tool_calls: written }),
  };
}

interface Content {
  readonly content: string;
  /** In base64. */
  readonly images?: readonly string[];
}

/** The API has one text a message, and the images beside it. */
function writeContent(parts: readonly Part[]): Content {
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of parts) {
    if (part.kind === "text") {
      texts.push(part.text);
    } else if (part.kind === "image" && part.source.kind === "data") {
      images.push(part.source.base64);
    } else {
      throw unsupported(part.path, cannotSay[part.kind]);
    }
  }
  return { content: texts.join(""), ...(images.length === 0 ? {} : { images }) };
}

const cannotSay = {
  image: "is an image at a URL, which Ollama does not fetch: send its data",
  audio: "is audio, which Ollama does not take",
  file: "is a file, which Ollama does not take: send its text",
  vendor: "is of a type that Ollama does not have",
} as const;
