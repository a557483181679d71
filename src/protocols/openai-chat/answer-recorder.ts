/** Notes the assistant's message of an answer that goes by, a stream or not. Changes nothing. */
import { isRecord, parseRecord } from "../../text/json-record.ts";
import { isStreamIndex } from "./stream-index.ts";

type Json = Readonly<Record<string, unknown>>;

/** A message as it is sent to a provider. */
interface RecordedMessage {
  readonly role: string;
  /** The message as JSON. */
  readonly json: string;
}

export interface StreamRecorder {
  /** Takes the next chunk of the completion. */
  push(chunk: Json): void;
  /** The message, once the answer is over; undefined where there is none. */
  message(): RecordedMessage | undefined;
}

interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export function createStreamRecorder(): StreamRecorder {
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
    push(chunk) {
      const delta = choicesOf(chunk).find((choice) => (choice["index"] ?? 0) === 0)?.["delta"];
      if (isRecord(delta)) {
        content += textOf(delta["content"]);
        listOf(delta["tool_calls"]).forEach(onCallDelta);
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

/** The message of a completion; undefined where there is none. @param text the whole body. */
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
    // A call that is nested too deep to be written again.
    return undefined;
  }
}
