/** Notes the assistant's message of an answer that goes by, a stream or not. Changes nothing. */
import { createParser } from "eventsource-parser";
import { parseRecord } from "../chat/json-record.ts";
import type { StoredMessage } from "./session-store.ts";

export interface AnswerRecorder {
  push(bytes: Buffer): void;
  /** The message, once the answer is over; undefined where there is none, or it was too large to be kept. */
  message(): StoredMessage | undefined;
}

interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** @param maxBytes an answer that is larger is not kept. */
export function createStreamRecorder(maxBytes: number): AnswerRecorder {
  let seenBytes = 0;
  let content = "";
  const calls: ToolCall[] = [];
  const onDelta = (delta: Record<string, unknown>) => {
    content += typeof delta["content"] === "string" ? delta["content"] : "";
    const parts = Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : [];
    for (const [at, part] of parts.entries()) {
      const call = (calls[part?.index ?? at] ??= {
        id: "",
        type: "function",
        function: { name: "", arguments: "" },
      });
      call.id ||= part?.id ?? "";
      call.function.name += part?.function?.name ?? "";
      call.function.arguments += part?.function?.arguments ?? "";
    }
  };
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      const choices = parseRecord(data)?.["choices"];
      const first = Array.isArray(choices)
        ? choices.find((choice) => (choice?.index ?? 0) === 0)
        : undefined;
      if (first?.delta !== undefined && first.delta !== null) {
        onDelta(first.delta);
      }
    },
  });
  return {
    push(bytes) {
      seenBytes += bytes.length;
      if (seenBytes <= maxBytes) {
        parser.feed(decoder.decode(bytes, { stream: true }));
      }
    },
    message: () =>
      seenBytes > maxBytes ? undefined : assistantMessage(content, calls.filter(Boolean)),
  };
}

/** @param maxBytes an answer that is larger is not kept. */
export function createJsonRecorder(maxBytes: number): AnswerRecorder {
  const parts: Buffer[] = [];
  let seenBytes = 0;
  return {
    push(bytes) {
      seenBytes += bytes.length;
      if (seenBytes <= maxBytes) {
        parts.push(bytes);
      }
    },
    message() {
      const choices = parseRecord(Buffer.concat(parts).toString("utf8"))?.["choices"];
      const message = Array.isArray(choices) ? choices[0]?.message : undefined;
      const calls = Array.isArray(message?.tool_calls) ? message.tool_calls : [];
      return seenBytes > maxBytes || message === undefined
        ? undefined
        : assistantMessage(typeof message.content === "string" ? message.content : "", calls);
    },
  };
}

function assistantMessage(content: string, calls: readonly unknown[]): StoredMessage | undefined {
  if (content === "" && calls.length === 0) {
    return undefined;
  }
  const message = {
    role: "assistant",
    content: content === "" ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return { role: "assistant", json: JSON.stringify(message) };
}
