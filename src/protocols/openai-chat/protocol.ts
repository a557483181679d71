/** OpenAI's chat completions, which compatible servers also implement. */
import type { Protocol } from "../protocol.ts";
import { readTurn } from "./agent-turn/read-turn.ts";
import { createChunkAnswer, createWholeAnswer, failureBody } from "./answer-events.ts";
import { createAnswerWriter } from "./answer-writer.ts";
import { createBodyRecorder, createStreamRecorder } from "./answer-recorder.ts";
import { createToolCallOrder } from "./contiguous-tool-calls.ts";
import { embeddings } from "./embeddings.ts";
import { errorBody, errorEvent, readError } from "./error-body.ts";
import { createStreamObserver } from "./stream-observer.ts";
import {
  createBodyUsage,
  createEmbeddingsUsage,
  createStreamUsage,
  reportedUsage,
} from "./usage-counter.ts";
import { createUsageFilter } from "./usage-filter.ts";

export const openAiChat: Protocol = {
  api: "openai-completions",
  path: "/chat/completions",
  credentialHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  errorBody,
  errorEvent,
  observe: createStreamObserver,
  countUsage: (kind) => (kind === "events" ? createStreamUsage() : createBodyUsage()),
  usageOf: reportedUsage,
  recordMessage: (kind) => (kind === "events" ? createStreamRecorder() : createBodyRecorder()),
  readError,
  looksLikeError: (answer) => answer.includes('"error"'),
  readTurn,
  writeAnswer: createAnswerWriter,
  translateAnswer: (defaults, { stream, includesUsage }) =>
    stream ? createChunkAnswer(defaults, includesUsage) : createWholeAnswer(defaults),
  failureBody,
  usageFilter: createUsageFilter,
  toolCallOrder: createToolCallOrder,
};

/** OpenAI's embeddings: the same errors and usage, but another path. */
export const openAiEmbeddings: Protocol = {
  ...openAiChat,
  path: "/embeddings",
  countUsage: createEmbeddingsUsage,
  embeddings,
};
