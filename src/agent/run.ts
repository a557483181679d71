/** An agent run, as the relay requests it from the host. */
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

/** A run's complete system prompt, and the only host tools that it has. */
export interface TrimmedPrompt {
  readonly systemPrompt: string;
  readonly tools: readonly string[];
}

/**
 * Usage of a model call. `counted`: the provider's token counts. `uncounted`: the provider gave none, so about how many
 * bytes went in each direction. `nothing`: the provider refused the call.
 */
export type CallTook =
  | { readonly kind: "counted"; readonly usage: TokenUsage }
  | { readonly kind: "uncounted"; readonly sentBytes: number; readonly answerBytes: number }
  | { readonly kind: "nothing" };

/** What the host reports about a run, besides its text. */
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
  /** The gateway's request that the run belongs to, which the host counts as work under way; undefined for others. */
  readonly handedOverAs: number | undefined;
  /** The client's `x-openclaw-message-channel`, unchanged. */
  readonly messageChannel: string | undefined;
  readonly conversation: Conversation;
  readonly instructions: string | undefined;
  readonly images: readonly RunImage[];
  readonly tools: readonly ClientTool[];
  readonly streamParams: StreamParams | undefined;
  /** Undefined for a full turn. */
  readonly trimmed: TrimmedPrompt | undefined;
  /** The only host tools that the run may use, by the host's names; undefined for all of the agent's. */
  readonly hostTools: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Called for each piece of text, in order, while the run lasts. */
  readonly onText: (piece: TextPiece) => void;
  /** Called with the host's message about a failure. The run may recover from it. */
  readonly onError: (message: string) => void;
  /** Called for each step, in order, and never after the run has settled. Must not throw. */
  readonly onStep: (step: RunStep) => void;
}

export interface AgentRunResult {
  /** The run failed, although the host threw nothing. */
  readonly failed: boolean;
  /** Undefined if the host returned no text; empty if it returned an empty one. */
  readonly text: string | undefined;
  readonly stopReason: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: RunUsage | undefined;
  /** The model that answered; undefined if the host does not say. */
  readonly model: { readonly provider: string; readonly modelId: string } | undefined;
}
