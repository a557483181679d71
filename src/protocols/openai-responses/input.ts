/** Writes a conversation as input items of the Responses API. */
import { spokenParts, statesOf } from "../earlier-answer.ts";
import type { AssistantMessage, Call, FilePart, Message, Part, Source } from "../model-request.ts";
import type { Parameters } from "../parameters.ts";
import { unsupported } from "../unsupported.ts";
import type { RememberedState } from "../wire.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Writes one message in place: the API takes every role anywhere.
 * @param parameters are told the names of what the API cannot say.
 * @throws RelayError `unsupported_params` for audio.
 */
export function writeMessage(
  message: Message,
  remembered: RememberedState,
  parameters: Parameters,
): readonly Json[] {
  switch (message.role) {
    case "assistant":
      return writeAssistant(message, remembered, parameters);
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: message.callId,
          output: writeOutput(message.parts),
        },
      ];
    default:
      return [{ type: "message", role: message.role, content: message.parts.map(writePart) }];
  }
}

/** Items in the API's own order: reasoning, text, calls. Each turn's reasoning precedes the calls that it led to. */
function writeAssistant(
  message: AssistantMessage,
  remembered: RememberedState,
  parameters: Parameters,
): Json[] {
  const { refusal, calls, reasoning } = message;
  const items = statesOf(message, remembered, reasoningItem);
  if (reasoning !== undefined && items.length === 0) {
    // The API takes reasoning only in the encrypted form that it gave.
    parameters.drop("messages.reasoning_content");
  }
  const content = [
    ...spokenParts(message).map((part) =>
      part.kind === "text" ? { type: "output_text", text: part.text } : writePart(part),
    ),
    ...(refusal === undefined ? [] : [{ type: "refusal", refusal }]),
  ];
  return [
    ...items,
    ...(content.length === 0 ? [] : [{ type: "message", role: "assistant", content }]),
    ...calls.map(writeCall),
  ];
}

/** An item of the provider's own that is sent back as it came, except for `status`, which the API refuses in a request. */
function reasoningItem(item: Json): Json[] {
  const members = Object.entries(item).filter(([name]) => name !== "status");
  return isReasoningItem(item) ? [Object.fromEntries(members)] : [];
}

/** Whether an item is reasoning that the provider wants back. */
export function isReasoningItem({ type, encrypted_content: content }: Json): boolean {
  return type === "reasoning" && typeof content === "string" && content !== "";
}

function writeCall({ id, name, arguments: text }: Call): Json {
  return {
    type: "function_call",
    call_id: id,
    name,
    arguments: text.trim() === "" ? "{}" : text,
  };
}

function writeOutput(parts: readonly Part[]): string | readonly Json[] {
  const [only] = parts;
  if (only === undefined) {
    return "";
  }
  return parts.length === 1 && only.kind === "text" ? only.text : parts.map(writePart);
}

function writePart(part: Part): Json {
  switch (part.kind) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return {
        type: "input_image",
        image_url: urlOf(part.source),
        ...(part.detail === undefined ? {} : { detail: part.detail }),
      };
    case "file":
      return {
        type: "input_file",
        ...fileSource(part),
        ...(part.filename === undefined ? {} : { filename: part.filename }),
      };
    case "vendor":
      return part.value;
    case "audio":
      throw unsupported(
        part.path,
        "is audio, which this provider does not take. Send its text, or use another model",
      );
  }
}

function fileSource({ source }: FilePart): Json {
  switch (source.kind) {
    case "id":
      return { file_id: source.id };
    case "url":
      return { file_url: source.url };
    case "data":
      return { file_data: urlOf(source) };
  }
}

function urlOf(source: Source): string {
  return source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.base64}`;
}
