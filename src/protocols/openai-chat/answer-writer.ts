/** Writes the answers of agent turns as OpenAI's completions and chunks, in the way of core's endpoint. */
import type { RunUsage } from "../../answer/token-usage.ts";
import type { AgentAnswer, AnswerIdentity, AnswerWriter, FinishReason, ToolCall } from "../turn.ts";
import { errorEvent } from "./error-body.ts";

const done = "data: [DONE]\n\n";

export function createAnswerWriter(identity: AnswerIdentity): AnswerWriter {
  const chunks = createChunks(identity);
  return {
    whole: (answer) => JSON.stringify(completion(identity, answer)),
    begin: () => eventOf(chunks.role()),
    text: (more) => eventOf(chunks.content(more)),
    toolCalls: (calls) => chunks.toolCalls(calls).map(eventOf),
    finish: (reason) => eventOf(chunks.finish(reason)),
    usage: (usage) => eventOf(chunks.usage(usage)),
    end: () => done,
    fail: (error) => errorEvent(error) + done,
  };
}

function eventOf(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

interface CompletionUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

/** Length of the pieces in which a call's arguments are streamed, in UTF-16 code units. */
const argumentsPieceLength = 256;

function completion(identity: AnswerIdentity, outcome: AgentAnswer): object {
  const { id, created, model } = identity;
  const calls = outcome.toolCalls.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: outcome.content,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        finish_reason: outcome.finishReason,
      },
    ],
    usage: completionUsage(outcome.usage),
  };
}

/** The chunks of a stream, each as the object of an event. */
function createChunks(identity: AnswerIdentity) {
  const chunk = (more: object) => ({
    id: identity.id,
    object: "chat.completion.chunk",
    created: identity.created,
    model: identity.model,
    ...more,
  });
  const delta = (part: object, finishReason: FinishReason | null = null) =>
    chunk({ choices: [{ index: 0, delta: part, finish_reason: finishReason }] });
  return {
    role: () => delta({ role: "assistant" }),
    content: (text: string) => delta({ content: text }),
    /** For each call: its id and name first, then its arguments in pieces. */
    toolCalls: (calls: readonly ToolCall[]) =>
      calls.flatMap((call, index) => [
        delta({
          tool_calls: [
            { index, id: call.id, type: "function", function: { name: call.name, arguments: "" } },
          ],
        }),
        ...pieces(call.arguments).map((piece) =>
          delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
    finish: (reason: FinishReason) => delta({}, reason),
    usage: (usage: RunUsage | undefined) => chunk({ choices: [], usage: completionUsage(usage) }),
  };
}

/** Splits a text into at least one piece, never within a surrogate pair. */
function pieces(text: string): string[] {
  const list: string[] = [];
  let start = 0;
  do {
    const end = start + argumentsPieceLength;
    const splitsPair =
      end < text.length &&
      /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) &&
      /[\uDC00-\uDFFF]/.test(text.charAt(end));
    const piece = text.slice(start, splitsPair ? end - 1 : end);
    list.push(piece);
    start += piece.length;
  } while (start < text.length);
  return list;
}

/** Core's count: `prompt_tokens` includes cache reads, but not cache writes. */
function completionUsage(usage: RunUsage | undefined): CompletionUsage {
  const cached = usage?.cacheRead ?? 0;
  const promptTokens = (usage?.input ?? 0) + cached;
  const completionTokens = usage?.output ?? 0;
  const reasoning = usage?.reasoningTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: Math.max(promptTokens + completionTokens, usage?.total ?? 0),
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}),
    ...(reasoning === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}
