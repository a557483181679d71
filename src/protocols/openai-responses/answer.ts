/** Reads a stream of the Responses API (platform.openai.com, "Streaming events"). */
import type { AnswerEvent } from "../../answer/answer-event.ts";
import { tokenCount, type TokenUsage } from "../../answer/token-usage.ts";
import { isRecord, recordOf, recordsOf, textOf } from "../../text/json.ts";
import { brokenStream } from "../broken-stream.ts";
import { streamError } from "../wire-failure.ts";
import type { AnswerReader } from "../wire.ts";
import { readError } from "./error.ts";
import { isReasoningItem } from "./input.ts";

type Json = Readonly<Record<string, unknown>>;

export function createAnswerReader(): AnswerReader {
  return new ResponseReader();
}

/** An output item that has begun. */
interface Item {
  readonly type: unknown;
  /** The index of a call; -1 for other items. */
  readonly call: number;
  /** Whether any of its content was in the stream. */
  hasContent: boolean;
  isDone: boolean;
}

const none: readonly AnswerEvent[] = [];
const unknownItem = brokenStream("continued an output item that has not begun, or has ended");
/** A stream with more output items is broken. */
const maxItems = 10_000;
/** Between the parts of a summary, which are paragraphs. */
const paragraph = "\n\n";

class ResponseReader implements AnswerReader {
  /** By `output_index`: some gateways give an item another id in each event. */
  readonly #items = new Map<number, Item>();
  #calls = 0;

  push(message: Json): readonly AnswerEvent[] {
    switch (message["type"]) {
      case "response.output_text.delta":
      // Azure's name for the same.
      case "response.text.delta":
        return this.#delta("text", message);
      case "response.refusal.delta":
        return this.#delta("refusal", message);
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#delta("reasoning", message);
      case "response.reasoning_summary_part.added":
        return this.#beginParagraph(message);
      case "response.function_call_arguments.delta":
        return this.#arguments(message, message["delta"]);
      case "response.function_call_arguments.done":
        return this.#endArguments(message);
      case "response.output_item.added":
        return this.#begin(message);
      case "response.output_item.done":
        return this.#endItem(message);
      case "response.created": {
        const { id, model } = recordOf(message["response"]);
        return [{ kind: "start", id: textOf(id), model: textOf(model) }];
      }
      case "response.completed":
        return this.#complete(recordOf(message["response"]));
      case "response.incomplete": {
        const response = recordOf(message["response"]);
        const { reason } = recordOf(response["incomplete_details"]);
        return [
          ...readUsage(response),
          { kind: "finish", reason: reason === "content_filter" ? reason : "length" },
        ];
      }
      case "response.failed": {
        const response = recordOf(message["response"]);
        const { error } = response;
        return [...readUsage(response), readFailure({ error })];
      }
      case "error":
        return [readFailure(message)];
      default:
        // `response.in_progress`, parts and annotations, events of the vendor's own tools, and what will be added.
        return none;
    }
  }

  end(): readonly AnswerEvent[] {
    return none;
  }

  #open({ output_index: index }: Json): Item | undefined {
    const item = typeof index === "number" ? this.#items.get(index) : undefined;
    return item?.isDone === true ? undefined : item;
  }

  #begin({ output_index: index, item: value }: Json): readonly AnswerEvent[] {
    if (typeof index !== "number" || !isRecord(value) || this.#items.has(index)) {
      return [brokenStream("began an output item that has begun already, or that has no number")];
    }
    if (this.#items.size === maxItems) {
      return [brokenStream(`began more than ${maxItems} output items`)];
    }
    const { type } = value;
    const isCall = type === "function_call";
    const item: Item = { type, call: isCall ? this.#calls : -1, hasContent: false, isDone: false };
    this.#items.set(index, item);
    if (!isCall) {
      return none;
    }
    this.#calls += 1;
    const id = textOf(value["call_id"]) ?? textOf(value["id"]) ?? "";
    const name = textOf(value["name"]) ?? "";
    return [{ kind: "call", index: item.call, id, name }, ...writeArguments(item, value)];
  }

  #delta(kind: "text" | "refusal" | "reasoning", message: Json): readonly AnswerEvent[] {
    const item = this.#open(message);
    if (item === undefined) {
      return [unknownItem];
    }
    const text = textOf(message["delta"]) ?? "";
    if (text === "") {
      return none;
    }
    item.hasContent = true;
    return kind === "text" ? [{ kind, text, ...readLogprobs(message) }] : [{ kind, text }];
  }

  #beginParagraph(message: Json): readonly AnswerEvent[] {
    return this.#open(message)?.hasContent === true
      ? [{ kind: "reasoning", text: paragraph }]
      : none;
  }

  #arguments(message: Json, value: unknown): readonly AnswerEvent[] {
    const item = this.#open(message);
    if (item === undefined || item.call === -1) {
      return [unknownItem];
    }
    return writeArguments(item, { arguments: value });
  }

  /** The whole arguments, which some servers send only here. */
  #endArguments(message: Json): readonly AnswerEvent[] {
    const isKnown = this.#open(message)?.hasContent === true;
    return isKnown ? none : this.#arguments(message, message["arguments"]);
  }

  #endItem(message: Json): readonly AnswerEvent[] {
    const { output_index: index, item: value } = message;
    const isNew = typeof index !== "number" || !this.#items.has(index);
    const begun = isNew ? this.#begin(message) : none;
    const item = this.#open(message);
    if (item === undefined || !isRecord(value)) {
      return begun;
    }
    if (item.type !== value["type"]) {
      return [brokenStream("ended an output item as one of another type")];
    }
    item.isDone = true;
    const content = item.hasContent ? none : wholeContent(item, value);
    return [
      ...begun,
      ...content,
      ...(value["status"] === "incomplete" ? none : emptyArguments(item)),
      ...(isReasoningItem(value) ? [{ kind: "opaque", state: { value } } as const] : none),
    ];
  }

  #complete(response: Json): readonly AnswerEvent[] {
    const open = [...this.#items.values()].filter(({ isDone }) => !isDone);
    return [
      ...open.flatMap(emptyArguments),
      ...readUsage(response),
      { kind: "finish", reason: this.#calls > 0 ? "tool_calls" : "stop" },
    ];
  }
}

function readFailure(body: Json): AnswerEvent {
  const error = readError(body);
  return error === undefined ? brokenStream("failed without a reason") : streamError(error);
}

function writeArguments(item: Item, { arguments: value }: Json): readonly AnswerEvent[] {
  const text = textOf(value) ?? "";
  if (text === "") {
    return none;
  }
  item.hasContent = true;
  return [{ kind: "arguments", index: item.call, text }];
}

/** A call without arguments streams no JSON at all. Clients parse the text, so it must be an object. */
function emptyArguments(item: Item): readonly AnswerEvent[] {
  return item.call === -1 || item.hasContent ? none : writeArguments(item, { arguments: "{}" });
}

/** The content of an item that came in one piece. */
function wholeContent(item: Item, value: Json): readonly AnswerEvent[] {
  switch (item.type) {
    case "function_call":
      return writeArguments(item, value);
    case "message":
      return recordsOf(value["content"]).flatMap(({ type, text, refusal }) =>
        type === "refusal" ? textEvents("refusal", refusal) : textEvents("text", text),
      );
    case "reasoning": {
      const summary = recordsOf(value["summary"]);
      const parts = summary.length > 0 ? summary : recordsOf(value["content"]);
      const texts = parts.flatMap(({ text }) => textOf(text) ?? []);
      return textEvents("reasoning", texts.join(paragraph));
    }
    default:
      return none;
  }
}

/** Log probabilities as chat completions has them, which tells each token's bytes, too. */
function readLogprobs({ logprobs }: Json): { readonly logprobs?: readonly Json[] } {
  const tokens = recordsOf(logprobs);
  return tokens.length === 0
    ? {}
    : {
        logprobs: tokens.map(({ token, logprob, bytes = null, top_logprobs: top }) => ({
          token,
          bytes,
          logprob,
          top_logprobs: recordsOf(top).map(withBytes),
        })),
      };
}

function withBytes({ token, logprob, bytes = null }: Json): Json {
  return { token, bytes, logprob };
}

function readUsage({ usage }: Json): readonly AnswerEvent[] {
  return isRecord(usage) ? [{ kind: "usage", usage: usageOf(usage) }] : none;
}

function usageOf(usage: Json): TokenUsage {
  const input = recordOf(usage["input_tokens_details"]);
  const { reasoning_tokens: reasoning } = recordOf(usage["output_tokens_details"]);
  return {
    tokensIn: tokenCount(usage["input_tokens"]),
    tokensOut: tokenCount(usage["output_tokens"]),
    tokensCached: tokenCount(input["cached_tokens"]),
    tokensCacheWrite: tokenCount(input["cache_write_tokens"]),
    ...(typeof reasoning === "number" ? { tokensReasoning: tokenCount(reasoning) } : {}),
  };
}

function textEvents(
  kind: "text" | "refusal" | "reasoning",
  value: unknown,
): readonly AnswerEvent[] {
  return typeof value === "string" && value !== "" ? [{ kind, text: value }] : none;
}
