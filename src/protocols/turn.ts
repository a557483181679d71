/** An agent turn, read from a request of any protocol, and the answer to it. Plain data. */
import type { RunUsage } from "../answer/token-usage.ts";
import type { RelayError } from "../errors.ts";

export interface Conversation {
  /** The messages before the current one, each as `Sender: text`. */
  readonly history: readonly string[];
  /** The last user or tool message, or else the last assistant message; empty if there is none. */
  readonly current: string;
  /** The client's own system and developer messages. */
  readonly instructions: string | undefined;
  /** The images of the current message: `data:` and other URLs. */
  readonly imageUrls: readonly string[];
}

/** A tool that the client runs, in the host's format. */
export interface ClientTool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Record<string, unknown>;
    readonly strict?: boolean;
  };
}

/** A tool call that the answer must contain. `name` is undefined if any tool will do. */
export interface RequiredCall {
  readonly name: string | undefined;
}

/** Parameters that an agent run passes to its provider, as far as the provider's transport supports them. */
export interface StreamParams {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly responseFormat?: Record<string, unknown>;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: string[];
}

export interface AgentTurn {
  readonly conversation: Conversation;
  /** The client's instructions, plus the one for a required call. */
  readonly instructions: string | undefined;
  readonly tools: readonly ClientTool[];
  /** A tool call that the answer must contain. */
  readonly required: RequiredCall | undefined;
  readonly streamParams: StreamParams | undefined;
  /** The client's `model`, which the answer repeats; undefined if there is none. */
  readonly model: string | undefined;
  /** Whether a stream should end with its token counts. */
  readonly includesUsage: boolean;
}

/** A call to a client's tool. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export type FinishReason = "stop" | "length" | "tool_calls";

/** Fields that all events of an answer share. */
export interface AnswerIdentity {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

export interface AgentAnswer {
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: RunUsage | undefined;
}

/** Writes an answer that the relay makes itself: whole as JSON, or as the events of a stream, each as text. */
export interface AnswerWriter {
  whole(answer: AgentAnswer): string;
  /** The first event. */
  begin(): string;
  text(more: string): string;
  /** The events of all calls, one call after the other. */
  toolCalls(calls: readonly ToolCall[]): readonly string[];
  finish(reason: FinishReason): string;
  usage(usage: RunUsage | undefined): string;
  /** The end of a complete stream. */
  end(): string;
  /** The end of an incomplete stream: the error, then the end marker that clients wait for. */
  fail(error: RelayError): string;
}
