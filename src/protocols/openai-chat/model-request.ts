/** Reads a chat completion's body as a request to a model, for a provider that speaks another protocol. */
import { RelayError } from "../../errors.ts";
import { isAbsent, isRecord } from "../../text/json.ts";
import type {
  Call,
  Message,
  ModelRequest,
  Part,
  Source,
  Tool,
  ToolChoice,
} from "../model-request.ts";

type Json = Readonly<Record<string, unknown>>;

/** Members that are not parameters, or are read here. */
const structural: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "tools",
  "tool_choice",
]);

/**
 * @param body a checked body: `messages` is a list.
 * @throws RelayError `invalid_body` with the path of what is wrong.
 */
export function readModelRequest(body: Json): ModelRequest {
  const unknown = new Set<string>();
  const options = body["stream_options"];
  return {
    stream: body["stream"] === true,
    includesUsage: isRecord(options) && options["include_usage"] === true,
    messages: listOf(body["messages"], "messages").map((message, at) =>
      readMessage(message, `messages[${at}]`, unknown),
    ),
    tools: listOf(body["tools"], "tools").map((tool, at) =>
      readTool(tool, `tools[${at}]`, unknown),
    ),
    toolChoice: readToolChoice(body["tool_choice"]),
    parameters: Object.fromEntries(Object.entries(body).filter(([name]) => !structural.has(name))),
    unknownMembers: [...unknown],
  };
}

function invalid(path: string, rule: string): RelayError {
  return new RelayError("invalid_body", `\`${path}\` ${rule}.`, { param: path });
}

/** A list that may be missing. */
function listOf(value: unknown, path: string): readonly unknown[] {
  if (isAbsent(value)) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw invalid(path, "must be an array");
  }
  return value;
}

function recordOf(value: unknown, path: string): Json {
  if (!isRecord(value)) {
    throw invalid(path, "must be an object");
  }
  return value;
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw invalid(path, "must be a string");
  }
  return value;
}

function optionalText(value: unknown, path: string): string | undefined {
  return isAbsent(value) ? undefined : textOf(value, path);
}

/** Members of an object, by the name that stands for it, such as `messages`. */
interface Known {
  readonly of: string;
  readonly members: ReadonlySet<string>;
}

/** Notes members that this reader does not know. */
function noteUnknown(value: Json, { of, members }: Known, unknown: Set<string>): void {
  for (const [name, member] of Object.entries(value)) {
    if (!members.has(name) && !isAbsent(member)) {
      unknown.add(`${of}.${name}`);
    }
  }
}

const messageMembers: Known = {
  of: "messages",
  members: new Set([
    "role",
    "content",
    "name",
    "refusal",
    "tool_calls",
    "tool_call_id",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    // What servers add to an answer, and clients send back: it says nothing to a model.
    "annotations",
  ]),
};

function readMessage(value: unknown, path: string, unknown: Set<string>): Message {
  const message = recordOf(value, path);
  noteUnknown(message, messageMembers, unknown);
  const { role } = message;
  const name = optionalText(message["name"], `${path}.name`);
  const parts = readContent(message["content"], `${path}.content`, unknown);
  switch (role) {
    case "system":
    case "developer":
    case "user":
      return { role, path, parts, name };
    case "assistant":
      return {
        role,
        path,
        parts,
        name,
        refusal: optionalText(message["refusal"], `${path}.refusal`),
        calls: listOf(message["tool_calls"], `${path}.tool_calls`).map((call, at) =>
          readCall(call, `${path}.tool_calls[${at}]`, unknown),
        ),
        reasoning: optionalText(
          message["reasoning_content"] ?? message["reasoning"],
          `${path}.reasoning_content`,
        ),
        opaque: listOf(message["reasoning_details"], `${path}.reasoning_details`).filter(isRecord),
      };
    case "tool":
      return { role, path, parts, callId: textOf(message["tool_call_id"], `${path}.tool_call_id`) };
    default:
      throw invalid(`${path}.role`, "must be system, developer, user, assistant or tool");
  }
}

function readContent(value: unknown, path: string, unknown: Set<string>): readonly Part[] {
  return typeof value === "string"
    ? [{ kind: "text", path, text: value, cacheControl: undefined }]
    : listOf(value, path).map((part, at) => readPart(part, `${path}[${at}]`, unknown));
}

const partMembers: Known = {
  of: "messages.content",
  members: new Set([
    "type",
    "text",
    "refusal",
    "image_url",
    "input_audio",
    "file",
    "cache_control",
  ]),
};

function readPart(value: unknown, path: string, unknown: Set<string>): Part {
  const part = recordOf(value, path);
  const shared = { path, cacheControl: part["cache_control"] };
  const known = () => noteUnknown(part, partMembers, unknown);
  switch (part["type"]) {
    case "text":
      known();
      return { ...shared, kind: "text", text: textOf(part["text"], `${path}.text`) };
    case "refusal":
      known();
      return { ...shared, kind: "text", text: textOf(part["refusal"], `${path}.refusal`) };
    case "image_url": {
      known();
      const image = part["image_url"];
      const described =
        typeof image === "string" ? { url: image } : recordOf(image, `${path}.image_url`);
      return {
        ...shared,
        kind: "image",
        source: sourceOf(textOf(described["url"], `${path}.image_url.url`)),
        detail: optionalText(described["detail"], `${path}.image_url.detail`),
      };
    }
    case "input_audio": {
      known();
      const audio = recordOf(part["input_audio"], `${path}.input_audio`);
      return {
        ...shared,
        kind: "audio",
        base64: textOf(audio["data"], `${path}.input_audio.data`),
        format: textOf(audio["format"], `${path}.input_audio.format`),
      };
    }
    case "file":
      known();
      return {
        ...shared,
        kind: "file",
        ...readFile(recordOf(part["file"], `${path}.file`), `${path}.file`),
      };
    default:
      textOf(part["type"], `${path}.type`);
      return { ...shared, kind: "vendor", value: part };
  }
}

function readFile(file: Json, path: string) {
  const id = optionalText(file["file_id"], `${path}.file_id`);
  const data = optionalText(file["file_data"], `${path}.file_data`);
  const filename = optionalText(file["filename"], `${path}.filename`);
  if (id !== undefined) {
    return { source: { kind: "id" as const, id }, filename };
  }
  if (data === undefined) {
    throw invalid(path, "must have file_data or file_id");
  }
  const source = sourceOf(data);
  // OpenAI also takes base64 without the prefix of a data URL, for a PDF.
  return {
    source:
      source.kind === "url" && !/^[a-z][a-z0-9+.-]*:/i.test(data)
        ? { kind: "data" as const, mediaType: "application/pdf", base64: data }
        : source,
    filename,
  };
}

/** The media type of a data URL is at most this long here; a longer text has none (RFC 2397 has no bound). */
const maxMediaType = 256;

function sourceOf(url: string): Source {
  if (!url.startsWith("data:")) {
    return { kind: "url", url };
  }
  const comma = url.slice(0, maxMediaType).indexOf(",");
  const [mediaType = "", ...rest] = url.slice("data:".length, Math.max(comma, 0)).split(";");
  return comma !== -1 && rest.includes("base64")
    ? { kind: "data", mediaType: mediaType || "text/plain", base64: url.slice(comma + 1) }
    : { kind: "url", url };
}

const callMembers: Known = {
  of: "messages.tool_calls",
  members: new Set(["id", "type", "index", "function", "extra_content", "cache_control"]),
};

function readCall(value: unknown, path: string, unknown: Set<string>): Call {
  const call = recordOf(value, path);
  noteUnknown(call, callMembers, unknown);
  const described = recordOf(call["function"], `${path}.function`);
  return {
    path,
    id: textOf(call["id"], `${path}.id`),
    name: textOf(described["name"], `${path}.function.name`),
    arguments: optionalText(described["arguments"], `${path}.function.arguments`) ?? "",
    opaque: isRecord(call["extra_content"]) ? call["extra_content"] : undefined,
    cacheControl: call["cache_control"],
  };
}

const toolMembers: Known = {
  of: "tools",
  members: new Set(["type", "function", "cache_control"]),
};
const functionMembers: Known = {
  of: "tools.function",
  members: new Set(["name", "description", "parameters", "strict", "cache_control"]),
};

function readTool(value: unknown, path: string, unknown: Set<string>): Tool {
  const tool = recordOf(value, path);
  if (tool["type"] !== "function") {
    textOf(tool["type"], `${path}.type`);
    return { kind: "vendor", path, value: tool };
  }
  noteUnknown(tool, toolMembers, unknown);
  const described = recordOf(tool["function"], `${path}.function`);
  noteUnknown(described, functionMembers, unknown);
  const { parameters, strict } = described;
  return {
    kind: "function",
    path,
    name: textOf(described["name"], `${path}.function.name`),
    description: optionalText(described["description"], `${path}.function.description`),
    parameters: isAbsent(parameters)
      ? undefined
      : recordOf(parameters, `${path}.function.parameters`),
    strict: typeof strict === "boolean" ? strict : undefined,
    cacheControl: tool["cache_control"] ?? described["cache_control"],
  };
}

function readToolChoice(value: unknown): ToolChoice | undefined {
  if (isAbsent(value)) {
    return undefined;
  }
  if (value === "auto" || value === "none" || value === "required") {
    return { kind: value };
  }
  const choice = isRecord(value) ? value["function"] : undefined;
  if (isRecord(choice) && typeof choice["name"] === "string") {
    return { kind: "function", name: choice["name"] };
  }
  throw invalid("tool_choice", "must be auto, none, required, or name a function");
}
