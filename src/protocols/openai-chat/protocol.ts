/** OpenAI's chat completions, and what compatible servers share of them. Its embeddings have the same errors and usage. */
import type { Protocol } from "../protocol.ts";
import { createBodyRecorder, createStreamRecorder } from "./answer-recorder.ts";
import { createToolCallOrder } from "./contiguous-tool-calls.ts";
import { readError } from "./error-body.ts";
import { createStreamObserver } from "./stream-observer.ts";
import { createBodyUsage, createStreamUsage, reportedUsage } from "./usage-counter.ts";
import { createUsageFilter } from "./usage-filter.ts";

export const openAiChat: Protocol = {
  api: "openai-completions",
  observe: createStreamObserver,
  countUsage: (kind) => (kind === "events" ? createStreamUsage() : createBodyUsage()),
  usageOf: reportedUsage,
  recordMessage: (kind) => (kind === "events" ? createStreamRecorder() : createBodyRecorder()),
  readError,
  usageFilter: createUsageFilter,
  toolCallOrder: createToolCallOrder,
};
