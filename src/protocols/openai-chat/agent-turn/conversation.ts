/**
 * Reads a client's messages as an agent turn: history, current message, instructions and images. The rules are core's
 * (`buildAgentPrompt` and `buildAgentMessageFromConversationEntries` in openclaw 2026.9.6).
 */
import { isRecord } from "../../../text/json.ts";
import type { Conversation } from "../../turn.ts";
import { refusal } from "../../core-error.ts";
import { trimmed } from "../../../text/trimmed.ts";

interface Entry {
  readonly role: "user" | "assistant" | "tool";
  readonly sender: string;
  readonly body: string;
  /** Whether it is the placeholder of a failed agent turn. */
  readonly failed: boolean;
}

const imageOnlyMessage = "User sent image(s) with no text.";
/** Placeholder that core's own clients send for an agent turn that failed without output. */
const failedTurnText = "[assistant turn failed before producing content]";

/** @param messages the request's `messages`. @throws RelayError `invalid_body` for an image without a URL. */
export function readConversation(messages: unknown): Conversation {
  const all = (Array.isArray(messages) ? messages : []).map((message) =>
    isRecord(message) ? message : {},
  );
  const active = all.findLastIndex((message) => ["user", "tool"].includes(roleOf(message) ?? ""));
  const activeMessage = active >= 0 ? all[active] : undefined;
  const imageUrls =
    activeMessage !== undefined && roleOf(activeMessage) === "user"
      ? imagesOf(activeMessage["content"])
      : [];

  const instructions: string[] = [];
  const entries: Entry[] = [];
  for (const [at, message] of all.entries()) {
    const role = trimmed(message["role"]);
    if (role === "system" || role === "developer") {
      instructions.push(textOf(message["content"])?.trim() ?? "");
    } else {
      const entry = entryOf(message, at === active && imageUrls.length > 0);
      if (entry !== undefined) {
        entries.push(entry);
      }
    }
  }
  const lastAsked = entries.findLastIndex(({ role }) => role !== "assistant");
  const currentAt = lastAsked === -1 ? entries.length - 1 : lastAsked;
  const current = entries[currentAt];
  const history = entries.slice(0, Math.max(currentAt, 0)).filter(({ failed }) => !failed);
  return {
    history: history.map(line),
    current: currentText(current, history.length > 0),
    instructions: instructions.filter(Boolean).join("\n\n") || undefined,
    imageUrls,
  };
}

/** Names the sender if there is history or if the message comes from a tool. */
function currentText(current: Entry | undefined, hasHistory: boolean): string {
  if (current === undefined || current.failed) {
    return "";
  }
  return hasHistory || current.role === "tool" ? line(current) : current.body;
}

function line({ sender, body }: Entry): string {
  return `${sender}: ${body}`;
}

/** The message's role; the older `function` counts as `tool`. Undefined for `system`, `developer` and unknown roles. */
function roleOf(message: Readonly<Record<string, unknown>>): Entry["role"] | undefined {
  const role = trimmed(message["role"]);
  if (role === "function") {
    return "tool";
  }
  return role === "user" || role === "assistant" || role === "tool" ? role : undefined;
}

function entryOf(
  message: Readonly<Record<string, unknown>>,
  hasImages: boolean,
): Entry | undefined {
  const role = roleOf(message);
  if (role === undefined) {
    return undefined;
  }
  const isFunction = trimmed(message["role"]) === "function";
  const content = message["content"];
  const ownText = (isFunction && content === null ? "" : textOf(content))?.trim();
  const text = !ownText && role === "user" && hasImages ? imageOnlyMessage : ownText;
  const calls = role === "assistant" ? callsOf(message["tool_calls"]) : [];
  const body = [text, calls.join("\n")].filter(Boolean).join("\n");

  const name = trimmed(message["name"]);
  const callId = trimmed(message["tool_call_id"]);
  // An empty tool result still answers its call.
  const isResult =
    role === "tool" &&
    (isFunction
      ? name !== undefined && (typeof content === "string" || content === null)
      : callId !== undefined && ownText !== undefined);
  if (body === "" && !isResult) {
    return undefined;
  }
  const failed =
    role === "assistant" &&
    trimmed(message["stopReason"]) === "error" &&
    body.trim() === failedTurnText;
  return { role, sender: senderOf(role, callId ?? name), body, failed };
}

function senderOf(role: Entry["role"], tool: string | undefined): string {
  if (role === "tool") {
    return tool === undefined ? "Tool" : `Tool:${tool}`;
  }
  return role === "user" ? "User" : "Assistant";
}

/** The text of a message's content; undefined if it contains no text but something else, such as an image. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") {
    return content;
  }
  if (!Array.isArray(content)) {
    return undefined;
  }
  const texts = content.map(partText);
  const text = texts.filter(Boolean).join("\n");
  return text.trim() || texts.every((part) => part !== undefined) ? text : undefined;
}

function partText(part: unknown): string | undefined {
  if (!isRecord(part)) {
    return undefined;
  }
  const { type, text, input_text: inputText } = part;
  if ((type === "text" || type === "input_text") && typeof text === "string") {
    return text;
  }
  return typeof inputText === "string" ? inputText : undefined;
}

function callsOf(calls: unknown): string[] {
  return (Array.isArray(calls) ? calls : []).flatMap((call) => {
    const described = isRecord(call) ? call["function"] : undefined;
    if (!isRecord(call) || !isRecord(described)) {
      return [];
    }
    const id = trimmed(call["id"]);
    const name = trimmed(described["name"]);
    if (id === undefined || name === undefined) {
      return [];
    }
    const given = described["arguments"] ?? "";
    const text = typeof given === "string" ? given : JSON.stringify(given);
    return [`tool_call id=${id} name=${name} arguments=${text}`];
  });
}

function imagesOf(content: unknown): string[] {
  return (Array.isArray(content) ? content : [])
    .filter((part) => isRecord(part) && part["type"] === "image_url")
    .map((part) => {
      const image: unknown = part.image_url;
      const url = trimmed(isRecord(image) ? image["url"] : image);
      if (url === undefined) {
        throw refusal("Invalid image_url content in `messages`.");
      }
      return url;
    });
}
