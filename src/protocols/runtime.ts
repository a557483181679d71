/**
 * What the host's own runtime for models takes: a conversation and options in its words (openclaw 2026.9.6, `@openclaw/ai`).
 * Plain data. The runtime is no wire: it writes the provider's protocol itself, and its calls run in the gateway's thread.
 */
import type { ModelFacts, RememberedState } from "./wire.ts";

type Json = Readonly<Record<string, unknown>>;

export interface RuntimeContext {
  readonly systemPrompt?: string;
  readonly messages: readonly RuntimeMessage[];
  readonly tools?: readonly RuntimeTool[];
}

export interface RuntimeText {
  readonly type: "text";
  readonly text: string;
}

export interface RuntimeImage {
  readonly type: "image";
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/** Reasoning of an earlier answer, with the provider's signature. */
export interface RuntimeThinking {
  readonly type: "thinking";
  readonly thinking: string;
  readonly thinkingSignature?: string;
  readonly redacted?: boolean;
}

export interface RuntimeCallBlock {
  readonly type: "toolCall";
  readonly id: string;
  readonly name: string;
  readonly arguments: Json;
  readonly thoughtSignature?: string;
}

export type RuntimeMessage =
  | {
      readonly role: "user";
      readonly content: string | readonly (RuntimeText | RuntimeImage)[];
      readonly timestamp: number;
    }
  | {
      readonly role: "assistant";
      readonly content: readonly (RuntimeText | RuntimeThinking | RuntimeCallBlock)[];
      readonly api: string;
      readonly provider: string;
      readonly model: string;
      readonly usage: Json;
      readonly stopReason: "stop" | "toolUse";
      readonly timestamp: number;
    }
  | {
      readonly role: "toolResult";
      readonly toolCallId: string;
      readonly toolName: string;
      readonly content: readonly (RuntimeText | RuntimeImage)[];
      readonly isError: boolean;
      readonly timestamp: number;
    };

export interface RuntimeTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Json;
}

export interface RuntimeOptions {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
  /** In the words of the API that the runtime will speak. */
  readonly toolChoice?: string | Json;
  readonly reasoning?: string;
  /** How many tokens each reasoning effort may take; the runtime adds them to `maxTokens`. */
  readonly thinkingBudgets?: Json;
  readonly metadata?: Json;
  readonly promptCacheKey?: string;
  /** `none`: the runtime adds no marks for a prompt cache. */
  readonly cacheRetention: "none" | "short";
}

/** The model that the runtime will call. */
export interface RuntimeModel {
  readonly api: string;
  readonly provider: string;
  readonly facts: ModelFacts;
  /** Kinds of input that the model accepts; undefined if the host does not know. */
  readonly modalities: readonly string[] | undefined;
  /** What is remembered for calls of earlier answers of this model. */
  readonly remembered: RememberedState;
}

export interface RuntimeRequest {
  readonly context: RuntimeContext;
  readonly options: RuntimeOptions;
  /** The names of the request's members that the runtime loses. */
  readonly dropped: readonly string[];
}

/** Why a call of the runtime failed. */
export type RuntimeFailure =
  | {
      /** The provider answered, or failed within its answer. */
      readonly kind: "status";
      readonly status: number;
      readonly message: string;
      readonly type: string;
      readonly code: string | undefined;
      /** How long the provider asks to wait, in milliseconds. */
      readonly retryAfterMs: number | undefined;
    }
  | {
      /** `unreachable`: no connection, or one that broke. `unknown-api`: the host cannot speak the model's API. */
      readonly kind: "unreachable" | "unknown-api" | "no-key";
      readonly message: string;
    };
