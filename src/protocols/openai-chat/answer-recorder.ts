/** Records the assistant's message of an answer that passes through, a stream or not. Changes nothing. */
import { createByteCollector } from "../../text/byte-collector.ts";
import { isRecord, parseRecord } from "../../text/json.ts";
import type { MessageRecorder } from "../protocol.ts";
import { isStreamIndex } from "./chunk-facts.ts";

type Json = Readonly<Record<string, unknown>>;

type RecordedMessage = NonNullable<ReturnType<MessageRecorder["message"]>>;

interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** For a stream. */
export function createStreamRecorder(): MessageRecorder {
  let content = "";
  const calls = new Map<number, ToolCall>();
  const callAt = (index: unknown): ToolCall | undefined => {
    if (!isStreamIndex(index)) {
      return undefined;
    }
    const known = calls.get(index);
    if (known !== undefined) {
      return known;
    }
    const call: ToolCall = { id: "", type: "function", function: { name: "", arguments: "" } };
    calls.set(index, call);
    return call;
  };
  const onCallDelta = (delta: unknown, at: number) => {
    const call = isRecord(delta) ? callAt(delta["index"] ?? at) : undefined;
    if (!isRecord(delta) || call === undefined) {
      return;
    }
    call.id ||= textOf(delta["id"]);
    const described = isRecord(delta["function"]) ? delta["function"] : {};
    call.function.name += textOf(described["name"]);
    call.function.arguments += textOf(described["arguments"]);
  };
  return {
    push(_bytes, events) {
      for (const { json } of events) {
        const delta = choicesOf(json).find((choice) => (choice["index"] ?? 0) === 0)?.["delta"];
        if (isRecord(delta)) {
          content += textOf(delta["content"]);
          listOf(delta["tool_calls"]).forEach(onCallDelta);
        }
      }
    },
    message() {
      const inOrder = [...calls].toSorted(([first], [second]) => first - second);
      return assistantMessage(
        content,
        inOrder.map(([, call]) => call),
      );
    },
  };
}

/** For a completion that is not a stream. */
export function createBodyRecorder(): MessageRecorder {
  const kept = createByteCollector();
  return {
    push: (bytes) => kept.push(bytes),
    message: () => messageOf(kept.take().toString("utf8")),
  };
}

/** The message of a completion; undefined if there is none. @param text the whole body. */
export function messageOf(text: string): RecordedMessage | undefined {
  const message = choicesOf(parseRecord(text))[0]?.["message"];
  return isRecord(message)
    ? assistantMessage(textOf(message["content"]), listOf(message["tool_calls"]))
    : undefined;
}

function choicesOf(answer: Json | undefined): readonly Json[] {
  return listOf(answer?.["choices"]).filter(isRecord);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function assistantMessage(content: string, calls: readonly unknown[]): RecordedMessage | undefined {
  if (content === "" && calls.length === 0) {
    return undefined;
  }
  const message = {
    role: "assistant",
    content: content === "" ? null : content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  try {
    return { role: "assistant", json: JSON.stringify(message) };
  } catch {
    // A call is nested too deeply for JSON.stringify.
    return undefined;
  }
}
