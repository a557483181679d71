/** One answer's stream in the API of each kind of provider, as the vendors' servers write it: a word an event. */
import { chunk, event } from "../test/support/provider.ts";

/** @param api the host's name of the API. */
export function streamOf(api: string, words: number): readonly string[] {
  const texts = Array.from({ length: words }, (_, at) => ` word${at}`);
  const stream = streams[api];
  if (stream === undefined) {
    throw new Error(`no stream of ${api}`);
  }
  return stream(texts);
}

const typed = (type: string, members: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

const streams: Readonly<Record<string, (texts: readonly string[]) => readonly string[]>> = {
  "openai-completions": (texts) => [
    event(chunk({ role: "assistant", content: "" })),
    ...texts.map((content) => event(chunk({ content }))),
    event(chunk({}, "stop")),
    event("[DONE]"),
  ],
  "anthropic-messages": (texts) => [
    typed("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    typed("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...texts.map((text) =>
      typed("content_block_delta", { index: 0, delta: { type: "text_delta", text } }),
    ),
    typed("content_block_stop", { index: 0 }),
    typed("message_delta", {
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: texts.length },
    }),
    typed("message_stop", {}),
  ],
  "openai-responses": responses,
  "azure-openai-responses": responses,
  "google-generative-ai": gemini,
  "google-vertex": gemini,
  ollama: (texts) => [
    ...texts.map((content) => line({ message: { role: "assistant", content }, done: false })),
    line({
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
      total_duration: 1,
      prompt_eval_count: 9,
      eval_count: texts.length,
    }),
  ],
};

function responses(texts: readonly string[]): readonly string[] {
  const response = {
    id: "resp_1",
    object: "response",
    model: "m",
    status: "in_progress",
    output: [],
  };
  const at = { item_id: "msg_0123456789abcdef0123456789abcdef", output_index: 0, content_index: 0 };
  const item = {
    id: at.item_id,
    type: "message",
    status: "in_progress",
    role: "assistant",
    content: [],
  };
  let sequence_number = 0;
  const next = (type: string, members: object) =>
    typed(type, { sequence_number: sequence_number++, ...members });
  return [
    next("response.created", { response }),
    next("response.in_progress", { response }),
    next("response.output_item.added", { output_index: 0, item }),
    ...texts.map((delta) =>
      next("response.output_text.delta", { ...at, delta, logprobs: [], obfuscation: "aB3dE5gH7" }),
    ),
    next("response.output_text.done", { ...at, text: texts.join(""), logprobs: [] }),
    next("response.output_item.done", {
      output_index: 0,
      item: {
        ...item,
        status: "completed",
        content: [{ type: "output_text", text: texts.join("") }],
      },
    }),
    next("response.completed", {
      response: {
        ...response,
        status: "completed",
        usage: { input_tokens: 9, output_tokens: texts.length },
      },
    }),
  ];
}

function gemini(texts: readonly string[]): readonly string[] {
  return [...texts.map((text, at) => geminiPart(text, at)), geminiPart("", texts.length, "STOP")];
}

function geminiPart(text: string, tokens: number, finishReason?: string): string {
  const response = {
    candidates: [{ content: { parts: [{ text }], role: "model" }, finishReason, index: 0 }],
    usageMetadata: {
      promptTokenCount: 9,
      candidatesTokenCount: tokens,
      totalTokenCount: 9 + tokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 9 }],
    },
    modelVersion: "m",
    responseId: "resp-1",
  };
  return `data: ${JSON.stringify(response)}\r\n\r\n`;
}

function line(members: object): string {
  return `${JSON.stringify({ model: "m", created_at: "2026-11-22T00:00:00.000000000Z", ...members })}\n`;
}
