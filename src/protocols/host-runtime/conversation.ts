/**
 * Writes a conversation for the host's runtime. The runtime repairs what it cannot say: it invents results, removes empty
 * messages and puts sentences in the place of images. Such a conversation is refused here instead.
 */
import { RelayError } from "../../errors.ts";
import { parseRecord } from "../../text/json.ts";
import { statesOf } from "../earlier-answer.ts";
import type { AssistantMessage, Call, Message, Part } from "../model-request.ts";
import type { Parameters } from "../parameters.ts";
import type {
  RuntimeCallBlock,
  RuntimeImage,
  RuntimeMessage,
  RuntimeModel,
  RuntimeText,
} from "../runtime.ts";
import { callState, thinkingOf } from "./opaque.ts";

interface Conversation {
  /** Empty if there is none. */
  readonly systemPrompt: string;
  readonly messages: readonly RuntimeMessage[];
}

/** The runtime wants times, and sends them to nobody. */
const timestamp = 0;
const usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: 0,
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

export function writeConversation(
  messages: readonly Message[],
  model: RuntimeModel,
  parameters: Parameters,
): Conversation {
  const system: string[] = [];
  const written: RuntimeMessage[] = [];
  const open = createOpenCalls();
  for (const message of messages) {
    if (message.role !== "tool" && message.name !== undefined) {
      parameters.drop("messages.name");
    }
    switch (message.role) {
      case "system":
      case "developer":
        if (written.length > 0) {
          // The runtime has one system prompt, in front. This message is not where the client put it.
          parameters.drop("messages.role");
        }
        system.push(
          ...message.parts.map((part) => textOf(part, parameters)).filter((text) => text !== ""),
        );
        break;
      case "user":
        open.assertNone();
        written.push({ role: "user", content: writeUser(message, model, parameters), timestamp });
        break;
      case "assistant":
        open.assertNone();
        written.push(writeAssistant(message, model, parameters));
        message.calls.forEach(open.begin);
        break;
      case "tool":
        written.push({
          role: "toolResult",
          toolCallId: message.callId,
          toolName: open.end(message.callId, message.path),
          content: message.parts.map((part) => writePart(part, model, parameters)),
          isError: false,
          timestamp,
        });
        break;
    }
  }
  open.assertNone();
  return { systemPrompt: system.join("\n\n"), messages: written };
}

interface OpenCalls {
  begin(call: Call): void;
  /** @returns the call's name. */
  end(callId: string, path: string): string;
  /** @throws RelayError `unsupported_params` if a call has no result yet. */
  assertNone(): void;
}

/** The calls of the last answer that have no result yet. */
function createOpenCalls(): OpenCalls {
  const open = new Map<string, Call>();
  return {
    begin(call) {
      if (open.has(call.id)) {
        throw refused(`${call.path}.id`, "is the id of another call of this message");
      }
      open.set(call.id, call);
    },
    end(callId, path) {
      const call = open.get(callId);
      if (call === undefined) {
        throw refused(path, "is the result of a call that is not in the message before it");
      }
      open.delete(callId);
      return call.name;
    },
    assertNone() {
      for (const { path } of open.values()) {
        throw refused(path, "is a call without its result");
      }
    },
  };
}

function writeUser(
  { path, parts }: { readonly path: string; readonly parts: readonly Part[] },
  model: RuntimeModel,
  parameters: Parameters,
): string | readonly (RuntimeText | RuntimeImage)[] {
  const content = parts.map((part) => writePart(part, model, parameters));
  if (content.every((block) => block.type === "text" && block.text.trim() === "")) {
    throw refused(path, "is an empty message");
  }
  const [only] = content;
  return content.length === 1 && only?.type === "text" ? only.text : content;
}

function writeAssistant(
  message: AssistantMessage,
  { api, provider, facts, remembered }: RuntimeModel,
  parameters: Parameters,
): RuntimeMessage {
  const { path, parts, refusal, calls, reasoning } = message;
  const thinking = statesOf(message, remembered, thinkingOf);
  if (reasoning !== undefined && thinking.length === 0) {
    // Reasoning without the provider's signature is refused, or would count as the model's own words.
    parameters.drop("messages.reasoning_content");
  }
  const texts = [...parts.map((part) => textOf(part, parameters)), refusal ?? ""]
    .filter((text) => text !== "")
    .map((text): RuntimeText => ({ type: "text", text: whole(text, path) }));
  if (texts.every(({ text }) => text.trim() === "") && calls.length === 0) {
    throw refused(path, "is an empty message");
  }
  return {
    role: "assistant",
    content: [
      ...thinking,
      ...texts,
      ...calls.map((call) => {
        if (call.cacheControl !== undefined) {
          parameters.drop("messages.tool_calls.cache_control");
        }
        return { ...writeCall(call), ...callState(call, remembered) };
      }),
    ],
    api,
    provider,
    model: facts.id,
    usage,
    stopReason: calls.length > 0 ? "toolUse" : "stop",
    timestamp,
  };
}

function writeCall({ id, name, arguments: text, path }: Call): RuntimeCallBlock {
  const input = text.trim() === "" ? {} : parseRecord(text);
  if (input === undefined) {
    throw refused(`${path}.function.arguments`, "is not a JSON object");
  }
  return { type: "toolCall", id, name, arguments: input };
}

/** The text of a part of a message that can hold nothing else. */
function textOf(part: Part, parameters: Parameters): string {
  if (part.kind !== "text") {
    throw refused(part.path, `is of the kind ${part.kind}, which this message cannot hold`);
  }
  noteMark(part, parameters);
  return whole(part.text, part.path);
}

function writePart(
  part: Part,
  { modalities }: RuntimeModel,
  parameters: Parameters,
): RuntimeText | RuntimeImage {
  if (part.kind === "image") {
    noteMark(part, parameters);
    if (modalities !== undefined && !modalities.includes("image")) {
      throw refused(part.path, "is an image, which this model does not take");
    }
    if (part.source.kind === "url") {
      throw refused(part.path, "is an image at a URL");
    }
    if (part.detail !== undefined && part.detail !== "auto") {
      parameters.drop("messages.content.image_url.detail");
    }
    return { type: "image", data: part.source.base64, mimeType: part.source.mediaType };
  }
  return { type: "text", text: textOf(part, parameters) };
}

function noteMark({ cacheControl }: Part, parameters: Parameters): void {
  if (cacheControl !== undefined) {
    parameters.drop("messages.content.cache_control");
  }
}

/** The runtime removes halves of characters. */
function whole(text: string, path: string): string {
  if (!text.isWellFormed()) {
    throw refused(path, "has half of a Unicode character");
  }
  return text;
}

function refused(path: string, what: string): RelayError {
  return new RelayError(
    "unsupported_params",
    `\`${path}\` ${what}. The gateway's runtime, which calls this model, cannot send that. Change it, or use another model.`,
    { param: path },
  );
}
