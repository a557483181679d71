/** Writes the answer of a provider that speaks another protocol, as chat completions: as chunks, or as one completion. */
import type { AnswerEvent, AnswerFailure } from "../../answer/answer-event.ts";
import type { TokenUsage } from "../../answer/token-usage.ts";
import type { EventWriter } from "../../text/event-writer.ts";
import type { AnswerIdentity } from "../turn.ts";
import type { TranslatedAnswer } from "../translated-answer.ts";
import { fact } from "./chunk-facts.ts";

/**
 * @param defaults for what the provider does not say.
 * @param includesUsage whether the stream ends with its token counts.
 */
export function createChunkAnswer(
  defaults: AnswerIdentity,
  includesUsage: boolean,
): TranslatedAnswer {
  return new ChunkAnswer(defaults, includesUsage);
}

/** What the stages of a stream would read from a chunk. */
const facts = {
  empty: fact.object | fact.oneChoice,
  output: fact.object | fact.oneChoice | fact.output,
  toolCalls: fact.object | fact.oneChoice | fact.output | fact.toolCalls,
  finish: fact.object | fact.oneChoice | fact.finish,
  usage: fact.object | fact.noChoices | fact.usage,
  error: fact.object | fact.error,
};

/** A class, because one is made per stream. Chunks are joined from texts: all but their delta is always the same. */
class ChunkAnswer implements TranslatedAnswer {
  readonly #created: number;
  readonly #includesUsage: boolean;
  #id: string;
  #model: string;
  #head = "";
  #usage: TokenUsage | undefined;
  #hasFinished = false;
  #hasFailed = false;

  constructor({ id, model, created }: AnswerIdentity, includesUsage: boolean) {
    this.#id = id;
    this.#model = model;
    this.#created = created;
    this.#includesUsage = includesUsage;
  }

  write(events: readonly AnswerEvent[], out: EventWriter): void {
    for (const event of events) {
      if (!this.#hasFailed) {
        this.#write(event, out);
      }
    }
  }

  end(out: EventWriter): void {
    if (this.#hasFailed || !this.#hasFinished) {
      return;
    }
    if (this.#includesUsage && this.#usage !== undefined) {
      const usage = JSON.stringify(completionUsage(this.#usage));
      out.add(`${this.#begin()}"choices":[],"usage":${usage}}\n\n`, facts.usage);
    }
    out.add("data: [DONE]\n\n", fact.done);
  }

  #write(event: AnswerEvent, out: EventWriter): void {
    switch (event.kind) {
      case "start":
        this.#id = event.id ?? this.#id;
        this.#model = event.model ?? this.#model;
        this.#head = "";
        out.add(this.#chunk('{"role":"assistant","content":""}'), facts.empty);
        break;
      case "text":
        this.#addText(out, "content", event);
        break;
      case "reasoning":
        this.#addText(out, "reasoning_content", event);
        break;
      case "refusal":
        this.#addText(out, "refusal", event);
        break;
      case "call": {
        const { index, id, name } = event;
        const call = { index, id, type: "function", function: { name, arguments: "" } };
        out.add(this.#chunk(`{"tool_calls":[${JSON.stringify(call)}]}`), facts.toolCalls);
        break;
      }
      case "arguments":
        out.add(
          this.#chunk(
            `{"tool_calls":[{"index":${event.index},"function":{"arguments":${JSON.stringify(event.text)}}}]}`,
          ),
          facts.toolCalls,
        );
        break;
      case "opaque": {
        const { callIndex, value } = event.state;
        if (callIndex === undefined) {
          out.add(this.#chunk(`{"reasoning_details":[${JSON.stringify(value)}]}`), facts.output);
        } else {
          const call = `{"index":${callIndex},"extra_content":${JSON.stringify(value)}}`;
          out.add(this.#chunk(`{"tool_calls":[${call}]}`), facts.toolCalls);
        }
        break;
      }
      case "finish":
        if (!this.#hasFinished) {
          this.#hasFinished = true;
          out.add(this.#chunk("{}", event.reason), facts.finish);
        }
        break;
      case "usage":
        this.#usage = event.usage;
        break;
      case "failure":
        this.#hasFailed = true;
        out.add(`data: ${failureBody(event.failure)}\n\n`, facts.error);
        break;
    }
  }

  #addText(
    out: EventWriter,
    name: string,
    { text, logprobs }: { readonly text: string; readonly logprobs?: readonly object[] },
  ): void {
    const chunk = this.#chunk(`{"${name}":${JSON.stringify(text)}}${logprobsMember(logprobs)}`);
    out.add(chunk, text === "" ? facts.empty : facts.output);
  }

  #begin(): string {
    this.#head ||= `data: {"id":${JSON.stringify(this.#id)},"object":"chat.completion.chunk","created":${this.#created},"model":${JSON.stringify(this.#model)},`;
    return this.#head;
  }

  #chunk(delta: string, finish?: string): string {
    const reason = finish === undefined ? "null" : `"${finish}"`;
    return `${this.#begin()}"choices":[{"index":0,"delta":${delta},"finish_reason":${reason}}]}\n\n`;
  }
}

/** The member of a choice that follows its content. */
function logprobsMember(content: readonly object[] | undefined): string {
  return content === undefined ? "" : `,"logprobs":${JSON.stringify({ content, refusal: null })}`;
}

/** A completion, which is written at the end. */
export function createWholeAnswer(defaults: AnswerIdentity): TranslatedAnswer {
  return new WholeAnswer(defaults);
}

interface WholeCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; arguments: string };
  extra_content?: object;
}

class WholeAnswer implements TranslatedAnswer {
  readonly #defaults: AnswerIdentity;
  #id: string;
  #model: string;
  #content = "";
  readonly #logprobs: object[] = [];
  #reasoning = "";
  #refusal = "";
  readonly #calls = new Map<number, WholeCall>();
  readonly #opaque: object[] = [];
  #finish: string | undefined;
  #usage: TokenUsage | undefined;
  #failure: AnswerFailure | undefined;

  constructor(defaults: AnswerIdentity) {
    this.#defaults = defaults;
    this.#id = defaults.id;
    this.#model = defaults.model;
  }

  get failure(): AnswerFailure | undefined {
    return this.#failure;
  }

  write(events: readonly AnswerEvent[]): void {
    for (const event of events) {
      this.#take(event);
    }
  }

  end(out: EventWriter): void {
    if (this.#failure !== undefined) {
      out.add(failureBody(this.#failure));
    } else if (this.#finish !== undefined) {
      out.add(this.#completion(this.#finish));
    }
  }

  #completion(reason: string): string {
    const calls = [...this.#calls.values()];
    const content =
      this.#content === "" && (calls.length > 0 || this.#refusal !== "") ? null : this.#content;
    return JSON.stringify({
      id: this.#id,
      object: "chat.completion",
      created: this.#defaults.created,
      model: this.#model,
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content,
            refusal: this.#refusal === "" ? null : this.#refusal,
            ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning }),
            ...(this.#opaque.length === 0 ? {} : { reasoning_details: this.#opaque }),
            ...(calls.length === 0 ? {} : { tool_calls: calls }),
          },
          ...(this.#logprobs.length === 0
            ? {}
            : { logprobs: { content: this.#logprobs, refusal: null } }),
          finish_reason: reason,
        },
      ],
      ...(this.#usage === undefined ? {} : { usage: completionUsage(this.#usage) }),
    });
  }

  #take(event: AnswerEvent): void {
    switch (event.kind) {
      case "start":
        this.#id = event.id ?? this.#id;
        this.#model = event.model ?? this.#model;
        break;
      case "text":
        this.#content += event.text;
        for (const token of event.logprobs ?? []) {
          this.#logprobs.push(token);
        }
        break;
      case "reasoning":
        this.#reasoning += event.text;
        break;
      case "refusal":
        this.#refusal += event.text;
        break;
      case "call":
        this.#calls.set(event.index, {
          id: event.id,
          type: "function",
          function: { name: event.name, arguments: "" },
        });
        break;
      case "arguments": {
        const call = this.#calls.get(event.index);
        if (call !== undefined) {
          call.function.arguments += event.text;
        }
        break;
      }
      case "opaque": {
        const { callIndex, value } = event.state;
        const call = callIndex === undefined ? undefined : this.#calls.get(callIndex);
        if (call === undefined) {
          this.#opaque.push(value);
        } else {
          call.extra_content = value;
        }
        break;
      }
      case "finish":
        this.#finish ??= event.reason;
        break;
      case "usage":
        this.#usage = event.usage;
        break;
      case "failure":
        this.#failure ??= event.failure;
        break;
    }
  }
}

/** An error in OpenAI's envelope. `status` is the HTTP status that fits: an event of a stream has no other. */
export function failureBody({ status, message, type, code }: AnswerFailure): string {
  return JSON.stringify({ error: { message, type, param: null, code: code ?? null, status } });
}

function completionUsage(usage: TokenUsage): object {
  const { tokensIn, tokensOut, tokensCached, tokensCacheWrite, tokensReasoning } = usage;
  return {
    prompt_tokens: tokensIn,
    completion_tokens: tokensOut,
    total_tokens: tokensIn + tokensOut,
    prompt_tokens_details: { cached_tokens: tokensCached, cache_creation_tokens: tokensCacheWrite },
    ...(tokensReasoning === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: tokensReasoning } }),
  };
}
