/** The answers of an agent's turn on the wire: OpenAI's completion and its chunks, as core's endpoint writes them. */

export interface CompletionUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

/** A call of a client's tool. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export type FinishReason = "stop" | "length" | "tool_calls";

/** What all chunks of an answer have in common. */
export interface Identity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** What the client wrote as `model`. */
  readonly model: string;
}

export interface Outcome {
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage: CompletionUsage;
}

/** A call's arguments are streamed in pieces of so many UTF-16 code units. */
const argumentsPieceLength = 256;

export function completion(identity: Identity, outcome: Outcome): object {
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
    usage: outcome.usage,
  };
}

/** The chunks of a stream, each as the object of an event. */
export function createChunks(identity: Identity) {
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
    /** Identity first, then the arguments in pieces; one call after the other. */
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
    usage: (usage: CompletionUsage) => chunk({ choices: [], usage }),
  };
}

/** At least one piece; none ends within a surrogate pair. */
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
