/** Reads a stream of Ollama's chat API: one JSON object a line, the last one with `done: true`. */
import { randomUUID } from "node:crypto";
import type { AnswerEvent, AnswerFinish } from "../../answer/answer-event.ts";
import { tokenCount } from "../../answer/token-usage.ts";
import { isAbsent, isRecord } from "../../text/json.ts";
import { brokenStream } from "../broken-stream.ts";
import { streamError } from "../wire-failure.ts";
import type { AnswerReader } from "../wire.ts";
import { readError } from "./error.ts";

type Json = Readonly<Record<string, unknown>>;

export function createAnswerReader(): AnswerReader {
  return new LineReader();
}

const none: readonly AnswerEvent[] = [];

/** A class, because one is made per stream. */
class LineReader implements AnswerReader {
  #hasBegun = false;
  #isDone = false;
  /** The ids of the calls so far. */
  readonly #callIds = new Set<string>();

  push(line: Json): readonly AnswerEvent[] {
    if (this.#isDone) {
      return none;
    }
    if (!isAbsent(line["error"])) {
      const error = readError(line);
      return [
        error === undefined ? brokenStream("sent an error that is no text") : streamError(error),
      ];
    }
    const { message } = line;
    const isLast = line["done"] === true;
    if (!isRecord(message) && !isLast) {
      return none;
    }
    const events = this.#begin(line["model"]);
    if (isRecord(message)) {
      const { thinking, content } = message;
      if (typeof thinking === "string" && thinking !== "") {
        events.push({ kind: "reasoning", text: thinking });
      }
      const logprobs = tokensOf(line["logprobs"]);
      const text = typeof content === "string" ? content : "";
      if (logprobs.length > 0) {
        events.push({ kind: "text", text, logprobs });
      } else if (text !== "") {
        events.push({ kind: "text", text });
      }
      this.#addCalls(events, message["tool_calls"]);
    }
    if (isLast) {
      this.#isDone = true;
      addUsage(events, line);
      events.push({ kind: "finish", reason: finishOf(line["done_reason"], this.#callIds.size) });
    }
    return events;
  }

  end(): readonly AnswerEvent[] {
    return none;
  }

  #begin(model: unknown): AnswerEvent[] {
    if (this.#hasBegun) {
      return [];
    }
    this.#hasBegun = true;
    return [{ kind: "start", model: typeof model === "string" ? model : undefined }];
  }

  /** Calls come whole: each line's calls are further ones. */
  #addCalls(events: AnswerEvent[], calls: unknown): void {
    for (const call of Array.isArray(calls) ? calls : []) {
      const called = isRecord(call) ? call["function"] : undefined;
      const name = isRecord(called) ? called["name"] : undefined;
      if (!isRecord(call) || !isRecord(called) || typeof name !== "string" || name === "") {
        events.push(brokenStream("called a tool without its name"));
        return;
      }
      const index = this.#callIds.size;
      events.push(
        { kind: "call", index, id: this.#idOf(call["id"]), name },
        { kind: "arguments", index, text: argumentsOf(called["arguments"]) },
      );
    }
  }

  /** Older servers send no ids. A client needs one for each call, and sends it back with the result. */
  #idOf(value: unknown): string {
    const isUsable = typeof value === "string" && value !== "" && !this.#callIds.has(value);
    const id = isUsable ? value : `call_${randomUUID()}`;
    this.#callIds.add(id);
    return id;
  }
}

/** The tokens of a line and how likely they were: as chat completions has them, but for what the server leaves out. */
function tokensOf(values: unknown): readonly Json[] {
  return recordsOf(values).map((value) =>
    Object.assign(withBytes(value), {
      top_logprobs: recordsOf(value["top_logprobs"]).map(withBytes),
    }),
  );
}

function withBytes({ token, logprob, bytes = null }: Json): Json {
  return { token, logprob, bytes };
}

function recordsOf(values: unknown): readonly Json[] {
  return Array.isArray(values) ? values.filter(isRecord) : [];
}

/** An object. Some models that run elsewhere send JSON. */
function argumentsOf(value: unknown): string {
  return typeof value === "string" && value.trim() !== "" ? value : JSON.stringify(value || {});
}

/** `prompt_eval_count` is missing if nothing had to be evaluated. Not every server says what its cache had. */
function addUsage(events: AnswerEvent[], line: Json): void {
  const { prompt_eval_count: input, eval_count: output } = line;
  if (isAbsent(input) && isAbsent(output)) {
    return;
  }
  const tokensIn = tokenCount(input);
  const tokensCached = Math.min(tokensIn, tokenCount(line["prompt_eval_cached_count"]));
  events.push({
    kind: "usage",
    usage: { tokensIn, tokensOut: tokenCount(output), tokensCached, tokensCacheWrite: 0 },
  });
}

function finishOf(reason: unknown, calls: number): AnswerFinish {
  if (reason === "length") {
    return "length";
  }
  // `stop`, or `load` and `unload` for a request without messages.
  return calls > 0 ? "tool_calls" : "stop";
}
