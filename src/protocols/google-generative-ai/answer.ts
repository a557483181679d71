/** Reads a stream of Google's Gemini API: each event is a part of one `GenerateContentResponse`. */
import { randomUUID } from "node:crypto";
import type { AnswerEvent, AnswerFinish } from "../../answer/answer-event.ts";
import { tokenCount, type TokenUsage } from "../../answer/token-usage.ts";
import { isAbsent, isRecord, recordOf, recordsOf, textOf } from "../../text/json.ts";
import { brokenStream } from "../broken-stream.ts";
import { streamError } from "../wire-failure.ts";
import type { AnswerReader } from "../wire.ts";
import { readError } from "./error.ts";
import { createPartialArguments, type PartialArguments } from "./partial-arguments.ts";
import { callState, textState } from "./thought-signature.ts";

type Json = Readonly<Record<string, unknown>>;

export function createAnswerReader(): AnswerReader {
  return new ResponseReader();
}

const none: readonly AnswerEvent[] = [];

class ResponseReader implements AnswerReader {
  #hasStarted = false;
  readonly #callIds = new Set<string>();
  /** The last call, while its arguments still come in pieces. */
  #open: { readonly index: number; readonly arguments: PartialArguments } | undefined;
  /** Some models tell it with every event, so that it counts at the end only. */
  #reason: string | undefined;

  push(message: Json): readonly AnswerEvent[] {
    const error = readError(message);
    if (error !== undefined) {
      return [streamError(error)];
    }
    const events: AnswerEvent[] = [];
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      const { responseId, modelVersion } = message;
      events.push({
        kind: "start",
        id: textOf(responseId) || undefined,
        model: textOf(modelVersion) || undefined,
      });
    }
    const { candidates, promptFeedback, usageMetadata } = message;
    if (textOf(recordOf(promptFeedback)["blockReason"])) {
      this.#reason = "PROHIBITED_CONTENT";
    }
    const candidate = Array.isArray(candidates) ? candidates.find(isFirst) : undefined;
    if (isRecord(candidate)) {
      this.#readCandidate(candidate, events);
    }
    const usage = usageOf(usageMetadata);
    if (usage !== undefined) {
      events.push({ kind: "usage", usage });
    }
    return events;
  }

  end(): readonly AnswerEvent[] {
    if (this.#reason === undefined) {
      return none;
    }
    const reason = finishOf(this.#reason, this.#callIds.size > 0);
    // An answer that was cut off has a call whose arguments must not look as if they were whole.
    const rest = reason === "tool_calls" ? this.#close() : none;
    return [...rest, { kind: "finish", reason }];
  }

  #readCandidate({ content, finishReason, finishMessage }: Json, events: AnswerEvent[]): void {
    for (const part of recordsOf(recordOf(content)["parts"])) {
      this.#readPart(part, events);
    }
    const reason = textOf(finishReason);
    if (!reason) {
      return;
    }
    this.#reason = reason;
    if (failures.has(reason)) {
      const message = textOf(finishMessage) || `The provider ended the answer with ${reason}.`;
      const failure = { status: 502, message, type: "api_error", code: reason };
      events.push({ kind: "failure", failure });
    }
  }

  #readPart(part: Json, events: AnswerEvent[]): void {
    const { text, thought, functionCall: call, thoughtSignature } = part;
    const signature = textOf(thoughtSignature);
    if (isRecord(call)) {
      events.push(...this.#readCall(call));
      if (signature && this.#callIds.size > 0) {
        const state = { callIndex: this.#callIds.size - 1, value: callState(signature) };
        events.push({ kind: "opaque", state });
      }
      return;
    }
    if (typeof text === "string" && text !== "") {
      events.push({ kind: thought === true ? "reasoning" : "text", text });
    }
    if (signature) {
      events.push({ kind: "opaque", state: { value: textState(signature) } });
    }
  }

  #readCall(call: Json): readonly AnswerEvent[] {
    const name = textOf(call["name"]);
    return name ? [...this.#close(), ...this.#begin(name, call)] : this.#continue(call);
  }

  #begin(name: string, call: Json): readonly AnswerEvent[] {
    const { id: given, args, partialArgs, willContinue } = call;
    const index = this.#callIds.size;
    const known = textOf(given);
    // Not all models give ids. Clients answer calls by theirs, so that each has its own.
    const id = known && !this.#callIds.has(known) ? known : `call_${randomUUID()}`;
    this.#callIds.add(id);
    const begun: AnswerEvent = { kind: "call", index, id, name };
    if (willContinue === true || Array.isArray(partialArgs)) {
      this.#open = { index, arguments: createPartialArguments() };
      return [begun, ...this.#continue(call)];
    }
    const text = isAbsent(args) ? "{}" : jsonOf(args);
    return [
      begun,
      text === undefined
        ? brokenStream("sent a call's arguments that are not an object")
        : { kind: "arguments", index, text },
    ];
  }

  /** A call without a name continues the last one, or ends it. */
  #continue({ partialArgs, willContinue }: Json): readonly AnswerEvent[] {
    if (!isAbsent(partialArgs) && this.#open?.arguments.add(partialArgs) !== true) {
      return [brokenStream("sent pieces of a call's arguments that do not fit together")];
    }
    return willContinue === true ? none : this.#close();
  }

  #close(): readonly AnswerEvent[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined
      ? none
      : [{ kind: "arguments", index: open.index, text: open.arguments.end() }];
  }
}

/** The answer has one choice, the first. */
function isFirst(candidate: unknown): boolean {
  return isRecord(candidate) && (isAbsent(candidate["index"]) || candidate["index"] === 0);
}

/** Undefined for anything but an object that can be written: very deep ones overflow the stack. */
function jsonOf(args: unknown): string | undefined {
  try {
    return isRecord(args) ? JSON.stringify(args) : undefined;
  } catch {
    return undefined;
  }
}

/** Reasons that mean that the model's own answer could not be read. */
const failures: ReadonlySet<string> = new Set([
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MISSING_THOUGHT_SIGNATURE",
  "MALFORMED_RESPONSE",
]);

/** Reasons such as `SAFETY` and `IMAGE_PROHIBITED_CONTENT`, of which there are more with every kind of content. */
const filter = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE/;

/** A reason that is not known ends the answer like `STOP`, as the API adds reasons. */
function finishOf(reason: string, hasCalls: boolean): AnswerFinish {
  if (reason === "MAX_TOKENS") {
    return "length";
  }
  if (filter.test(reason)) {
    return "content_filter";
  }
  return hasCalls ? "tool_calls" : "stop";
}

/** Vertex AI's first events have a `usageMetadata` without counts. */
function usageOf(counts: unknown): TokenUsage | undefined {
  if (!isRecord(counts) || isAbsent(counts["promptTokenCount"])) {
    return undefined;
  }
  const thoughts = counts["thoughtsTokenCount"];
  return {
    // What Google's own tools read for the model is not part of the prompt's count.
    tokensIn:
      tokenCount(counts["promptTokenCount"]) + tokenCount(counts["toolUsePromptTokenCount"]),
    tokensOut: tokenCount(counts["candidatesTokenCount"]) + tokenCount(thoughts),
    tokensCached: tokenCount(counts["cachedContentTokenCount"]),
    tokensCacheWrite: 0,
    tokensReasoning: isAbsent(thoughts) ? undefined : tokenCount(thoughts),
  };
}
