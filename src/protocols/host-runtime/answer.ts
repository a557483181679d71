/** Reads the events of the host's runtime (openclaw 2026.9.6, `AssistantMessageEvent`). Foreign data: nothing is taken for granted. */
import type { AnswerEvent, AnswerFinish } from "../../answer/answer-event.ts";
import { tokenCount, type TokenUsage } from "../../answer/token-usage.ts";
import { isRecord } from "../../text/json.ts";
import { callEvents, thinkingEvents } from "./opaque.ts";

type Json = Readonly<Record<string, unknown>>;

export interface RuntimeReader {
  /** Reads the next event. The runtime's `error` is not read here: it ends the call. */
  push(event: unknown): readonly AnswerEvent[];
  /** Reads an answer that the model's provider has refused to give. */
  refusal(message: Json): readonly AnswerEvent[];
}

export function createRuntimeReader(): RuntimeReader {
  return new Reader();
}

/** A block of the answer that has begun. */
interface Block {
  /** The index of a call; -1 for other blocks, and for a call whose id or name is not known yet. */
  call: number;
  /** Whether any of its content has come. */
  hasContent: boolean;
  hasEnded: boolean;
  /** Arguments that came before the call's name. */
  early: string;
}

const none: readonly AnswerEvent[] = [];

/** A class, because one is made per answer. */
class Reader implements RuntimeReader {
  readonly #blocks = new Map<number, Block>();
  #calls = 0;
  #hasBegun = false;

  push(event: unknown): readonly AnswerEvent[] {
    if (!isRecord(event)) {
      return none;
    }
    const { type, partial } = event;
    if (type === "done") {
      return this.#done(event);
    }
    const at = event["contentIndex"];
    if (typeof at !== "number") {
      return none;
    }
    const events = this.#content(event, at, contentOf(partial)[at]);
    return events.length === 0 ? none : [...this.#begin(partial), ...events];
  }

  refusal(message: Json): readonly AnswerEvent[] {
    return [
      ...this.#begin(message),
      { kind: "usage", usage: usageOf(message["usage"]) },
      { kind: "finish", reason: "content_filter" },
    ];
  }

  #content({ type, delta, content, toolCall }: Json, at: number, seen: unknown) {
    const block = this.#block(at);
    switch (type) {
      case "text_delta":
        return textEvents(block, "text", delta);
      case "text_end":
        return this.#end(block, { type: "text", text: content });
      case "thinking_delta":
        return textEvents(block, "reasoning", delta);
      case "thinking_end":
        return this.#end(block, {
          ...(isRecord(seen) ? seen : {}),
          type: "thinking",
          thinking: content,
        });
      case "toolcall_start":
        return this.#call(block, seen);
      case "toolcall_delta":
        return [...this.#call(block, seen), ...argumentEvents(block, delta)];
      case "toolcall_end":
        return this.#end(block, { ...(isRecord(toolCall) ? toolCall : {}), type: "toolCall" });
      default:
        return none;
    }
  }

  #block(at: number): Block {
    let block = this.#blocks.get(at);
    if (block === undefined) {
      block = { call: -1, hasContent: false, hasEnded: false, early: "" };
      this.#blocks.set(at, block);
    }
    return block;
  }

  /** The id and model are known by the first content, not always before. */
  #begin(message: unknown): readonly AnswerEvent[] {
    if (this.#hasBegun) {
      return none;
    }
    this.#hasBegun = true;
    const { responseId, responseModel } = isRecord(message) ? message : {};
    return [
      {
        kind: "start",
        id: typeof responseId === "string" && responseId !== "" ? responseId : undefined,
        model:
          typeof responseModel === "string" && responseModel !== "" ? responseModel : undefined,
      },
    ];
  }

  /** Begins a call, once its id and name are known. */
  #call(block: Block, seen: unknown): readonly AnswerEvent[] {
    const { id, name } = isRecord(seen) ? seen : {};
    if (block.call !== -1 || typeof id !== "string" || typeof name !== "string") {
      return none;
    }
    if (id === "" || name === "") {
      return none;
    }
    block.call = this.#calls;
    this.#calls += 1;
    return [{ kind: "call", index: block.call, id, name }, ...argumentEvents(block, "")];
  }

  /** Ends a block, of which all may be new: some APIs send no deltas. */
  #end(block: Block, whole: Json): readonly AnswerEvent[] {
    if (block.hasEnded) {
      return none;
    }
    block.hasEnded = true;
    switch (whole["type"]) {
      case "text":
        return block.hasContent ? none : textEvents(block, "text", whole["text"]);
      case "thinking":
        return [
          ...(block.hasContent ? none : textEvents(block, "reasoning", whole["thinking"])),
          ...thinkingEvents(whole),
        ];
      case "toolCall": {
        const begun = this.#call(block, whole);
        if (block.call === -1) {
          return none;
        }
        const rest = block.hasContent
          ? none
          : argumentEvents(block, JSON.stringify(whole["arguments"] ?? {}));
        return [...begun, ...rest, ...callEvents(whole, block.call)];
      }
      default:
        return none;
    }
  }

  #done({ reason, message }: Json): readonly AnswerEvent[] {
    const whole = contentOf(message).flatMap((block, at) =>
      isRecord(block) ? this.#end(this.#block(at), block) : none,
    );
    return [
      ...this.#begin(message),
      ...whole,
      { kind: "usage", usage: usageOf(isRecord(message) ? message["usage"] : undefined) },
      { kind: "finish", reason: finishOf(reason) },
    ];
  }
}

function contentOf(message: unknown): readonly unknown[] {
  const content = isRecord(message) ? message["content"] : undefined;
  return Array.isArray(content) ? content : [];
}

function textEvents(
  block: Block,
  kind: "text" | "reasoning",
  value: unknown,
): readonly AnswerEvent[] {
  if (typeof value !== "string" || value === "") {
    return none;
  }
  block.hasContent = true;
  return [{ kind, text: value }];
}

function argumentEvents(block: Block, value: unknown): readonly AnswerEvent[] {
  const text = block.early + (typeof value === "string" ? value : "");
  if (block.call === -1) {
    block.early = text;
    return none;
  }
  block.early = "";
  if (text === "") {
    return none;
  }
  block.hasContent = true;
  return [{ kind: "arguments", index: block.call, text }];
}

function usageOf(usage: unknown): TokenUsage {
  const { input, output, cacheRead, cacheWrite, reasoningTokens } = isRecord(usage) ? usage : {};
  const read = tokenCount(cacheRead);
  const written = tokenCount(cacheWrite);
  return {
    tokensIn: tokenCount(input) + read + written,
    tokensOut: tokenCount(output),
    tokensCached: read,
    tokensCacheWrite: written,
    ...(typeof reasoningTokens === "number"
      ? { tokensReasoning: tokenCount(reasoningTokens) }
      : {}),
  };
}

function finishOf(reason: unknown): AnswerFinish {
  switch (reason) {
    case "length":
      return "length";
    case "toolUse":
      return "tool_calls";
    default:
      return "stop";
  }
}
