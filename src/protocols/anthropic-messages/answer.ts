/** Reads a stream of Anthropic's Messages API. */
import type { AnswerEvent, AnswerFinish } from "../../answer/answer-event.ts";
import { tokenCount } from "../../answer/token-usage.ts";
import { isAbsent, isRecord, recordOf, textOf } from "../../text/json.ts";
import { brokenStream } from "../broken-stream.ts";
import { streamError } from "../wire-failure.ts";
import type { AnswerReader } from "../wire.ts";
import { readError } from "./error.ts";

type Json = Readonly<Record<string, unknown>>;

export function createAnswerReader(): AnswerReader {
  return new MessageReader();
}

/** A content block that has begun and not stopped. */
interface Block {
  readonly type: unknown;
  /** The index of a call; -1 for other blocks. */
  readonly call: number;
  hasArguments: boolean;
  /** The parts of a block that is sent back unchanged. */
  thinking: string;
  signature: string;
}

const none: readonly AnswerEvent[] = [];
const maxOpenBlocks = 1024;

const countNames = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;
type CountName = (typeof countNames)[number];

class MessageReader implements AnswerReader {
  readonly #blocks = new Map<number, Block>();
  #calls = 0;
  readonly #counts = new Map<CountName, unknown>();

  push(message: Json): readonly AnswerEvent[] {
    switch (message["type"]) {
      case "content_block_delta":
        return this.#delta(message);
      case "content_block_start":
        return this.#begin(message);
      case "content_block_stop":
        return this.#stop(message);
      case "message_start": {
        const started = recordOf(message["message"]);
        return [
          { kind: "start", id: textOf(started["id"]), model: textOf(started["model"]) },
          ...this.#count(started["usage"]),
        ];
      }
      case "message_delta": {
        const reason = recordOf(message["delta"])["stop_reason"];
        return [
          ...this.#count(message["usage"]),
          ...(typeof reason === "string"
            ? [{ kind: "finish", reason: finishOf(reason) } as const]
            : []),
        ];
      }
      case "error": {
        const error = readError(message);
        return error === undefined ? none : [streamError(error)];
      }
      default:
        // `ping`, `message_stop`, and what will be added: clients should ignore unknown events.
        return none;
    }
  }

  end(): readonly AnswerEvent[] {
    return none;
  }

  #begin({ index, content_block: block }: Json): readonly AnswerEvent[] {
    if (typeof index !== "number" || !isRecord(block) || this.#blocks.has(index)) {
      return [brokenStream("began a content block that has begun already, or that has no number")];
    }
    if (this.#blocks.size >= maxOpenBlocks) {
      return [brokenStream(`began more than ${maxOpenBlocks} content blocks at a time`)];
    }
    const { type, id, name, input } = block;
    const isCall = type === "tool_use";
    if (isCall && (typeof id !== "string" || typeof name !== "string")) {
      return [brokenStream("called a tool without an id or a name")];
    }
    const call = isCall ? this.#calls : -1;
    this.#calls += isCall ? 1 : 0;
    const begun: Block = {
      type,
      call,
      hasArguments: isRecord(input) && Object.keys(input).length > 0,
      thinking: textOf(block["thinking"]) ?? "",
      signature: textOf(block["signature"]) ?? "",
    };
    this.#blocks.set(index, begun);
    if (isCall) {
      return [
        { kind: "call", index: call, id: String(id), name: String(name) },
        ...(begun.hasArguments
          ? [{ kind: "arguments", index: call, text: JSON.stringify(input) } as const]
          : []),
      ];
    }
    if (type === "redacted_thinking") {
      return [{ kind: "opaque", state: { value: block } }];
    }
    const text = textOf(block["text"]);
    return type === "text" && text ? [{ kind: "text", text }] : none;
  }

  #delta({ index, delta }: Json): readonly AnswerEvent[] {
    const block = typeof index === "number" ? this.#blocks.get(index) : undefined;
    if (block === undefined || !isRecord(delta)) {
      return [brokenStream("continued a content block that has not begun")];
    }
    switch (delta["type"]) {
      case "text_delta":
        return textEvents("text", delta["text"]);
      case "thinking_delta": {
        block.thinking += textOf(delta["thinking"]) ?? "";
        return textEvents("reasoning", delta["thinking"]);
      }
      case "signature_delta":
        block.signature += textOf(delta["signature"]) ?? "";
        return none;
      case "input_json_delta": {
        const text = textOf(delta["partial_json"]) ?? "";
        if (block.call === -1 || text === "") {
          return none;
        }
        block.hasArguments = true;
        return [{ kind: "arguments", index: block.call, text }];
      }
      default:
        return none;
    }
  }

  #stop({ index }: Json): readonly AnswerEvent[] {
    const block = typeof index === "number" ? this.#blocks.get(index) : undefined;
    if (block === undefined) {
      return none;
    }
    this.#blocks.delete(Number(index));
    if (block.call !== -1 && !block.hasArguments) {
      // A call without arguments streams no JSON at all. Clients parse the text, so it must be an object.
      return [{ kind: "arguments", index: block.call, text: "{}" }];
    }
    if (block.type === "thinking" && block.signature !== "") {
      const { thinking, signature } = block;
      return [{ kind: "opaque", state: { value: { type: "thinking", thinking, signature } } }];
    }
    return none;
  }

  /** Later counts correct earlier ones, each by itself. */
  #count(usage: unknown): readonly AnswerEvent[] {
    if (!isRecord(usage)) {
      return none;
    }
    for (const name of countNames) {
      if (!isAbsent(usage[name])) {
        this.#counts.set(name, usage[name]);
      }
    }
    const count = (name: CountName) => tokenCount(this.#counts.get(name));
    const read = count("cache_read_input_tokens");
    const written = count("cache_creation_input_tokens");
    return [
      {
        kind: "usage",
        usage: {
          tokensIn: count("input_tokens") + read + written,
          tokensOut: count("output_tokens"),
          tokensCached: read,
          tokensCacheWrite: written,
        },
      },
    ];
  }
}

function finishOf(reason: string): AnswerFinish {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    default:
      return "stop";
  }
}

function textEvents(kind: "text" | "reasoning", value: unknown): readonly AnswerEvent[] {
  return typeof value === "string" && value !== "" ? [{ kind, text: value }] : none;
}
