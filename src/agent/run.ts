/** An agent's run, as the relay asks the host for one. */
import type { RunUsage, TokenUsage } from "../answer/token-usage.ts";
import type { ClientTool, Conversation, StreamParams, ToolCall } from "../protocols/turn.ts";
import type { TextPiece } from "./assistant-text.ts";

/** An image for a model. */
export interface RunImage {
  readonly type: "image";
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/** The whole system prompt of a run, and the only host tools that it has. */
export interface TrimmedPrompt {
  readonly systemPrompt: string;
  readonly tools: readonly string[];
}

/** What a model call took: as its provider counted it, or, about, what went there and back; nothing where the provider refused it. */
export type CallTook =
  | { readonly kind: "counted"; readonly usage: TokenUsage }
  | { readonly kind: "uncounted"; readonly sentBytes: number; readonly answerBytes: number }
  | { readonly kind: "nothing" };

/** What the host tells of a run's work, besides its text. */
export type RunStep =
  | { readonly kind: "call-started"; readonly provider: string; readonly modelId: string }
  | {
      readonly kind: "call-ended";
      readonly provider: string;
      readonly modelId: string;
      readonly took: CallTook;
    }
  /** The model called a tool. Another model call follows, unless the tool is the client's. */
  | { readonly kind: "tool-called"; readonly name: string };

export interface AgentRun {
  readonly runId: string;
  readonly sessionKey: string;
  /** The client's `x-openclaw-message-channel`, as it came. */
  readonly messageChannel: string | undefined;
  readonly conversation: Conversation;
  readonly instructions: string | undefined;
  readonly images: readonly RunImage[];
  readonly tools: readonly ClientTool[];
  readonly streamParams: StreamParams | undefined;
  /** Undefined for a full turn. */
  readonly trimmed: TrimmedPrompt | undefined;
  /** The only host tools that the run may use, by the host's names; undefined for all that the agent has. */
  readonly hostTools: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Called for each piece of text, in order, while the run lasts. */
  readonly onText: (piece: TextPiece) => void;
  /** Called with what the host says of a failure on the way, which need not be the end. */
  readonly onError: (message: string) => void;
  /** Called for each step of the run's work, in order; the last ones before the run settles. Must not throw. */
  readonly onStep: (step: RunStep) => void;
}

export interface AgentRunResult {
  /** The run ended badly, though the host threw nothing. */
  readonly failed: boolean;
  /** Undefined where the run has no text of its own; empty where it was cleared. */
  readonly text: string | undefined;
  readonly stopReason: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: RunUsage | undefined;
  /** The model that answered; undefined where the host does not say. */
  readonly model: { readonly provider: string; readonly modelId: string } | undefined;
}
