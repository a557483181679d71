/** Reads the token counts of an answer, a stream or not. */
import { tokenCount, type TokenUsage } from "../../answer/token-usage.ts";
import { type ByteCollector, createByteCollector } from "../../text/byte-collector.ts";
import { eventOf, type StreamEvent } from "../../text/event-reader.ts";
import { isRecord, parseRecord } from "../../text/json.ts";
import type { UsageCounter } from "../protocol.ts";
import { fact, factsOf } from "./chunk-facts.ts";

/** A stream's counts are in its last events. Counts with more bytes after them are preliminary and are ignored. */
const maxBytesBehindUsage = 4096;
/** The counts of a larger completion are not read. */
const maxWholeBytes = 2 * 1024 * 1024;

/** For a stream. Keeps no events. */
export function createStreamUsage(): UsageCounter {
  return new StreamUsage();
}

/** A class, because one is made per stream: getters in an object literal are slow to create and take half a kilobyte. */
class StreamUsage implements UsageCounter {
  bytes = 0;
  /** Number of events with JSON. Keep-alive comments do not count. */
  #events = 0;
  #usage: TokenUsage | undefined = undefined;
  #usageAtBytes = 0;

  get eventBytes(): number {
    return this.bytes / Math.max(1, this.#events);
  }

  push(part: Buffer, ended: readonly StreamEvent[]): void {
    this.bytes += part.length;
    for (const event of ended) {
      this.#read(event);
    }
  }

  end(rest: Buffer): void {
    // Some providers omit the last blank line.
    if (rest.includes('"usage"')) {
      this.#read(eventOf(Buffer.concat([rest, blankLine])));
    }
  }

  usage(): TokenUsage | undefined {
    return this.bytes - this.#usageAtBytes <= maxBytesBehindUsage ? this.#usage : undefined;
  }

  #read(event: StreamEvent): void {
    const facts = factsOf(event);
    if ((facts & fact.object) !== 0) {
      this.#events += 1;
    }
    if ((facts & fact.usage) !== 0) {
      this.#usage = usageOf(event.json);
      this.#usageAtBytes = this.bytes;
    }
  }
}

const blankLine = Buffer.from("\n\n");

/** For a body of bytes. Keeps the body up to a bound, and reads it at the end. */
export function createBodyUsage(): UsageCounter {
  return bodyUsage(createWhole(maxWholeBytes, 0));
}

/** For embeddings, whose batches are long. They are no tokens, so none are estimated from their length. */
export function createEmbeddingsUsage(): UsageCounter {
  const { push, end, usage } = bodyUsage(createWhole(maxWholeBytes, maxTailBytes));
  return { push, end, usage, bytes: 0, eventBytes: undefined };
}

function bodyUsage(kept: Pick<ByteCollector, "push" | "take">): UsageCounter {
  let bytes = 0;
  return {
    push(part) {
      bytes += part.length;
      kept.push(part);
    },
    end: () => undefined,
    usage() {
      const whole = kept.take();
      kept.push(whole);
      return reportedUsage(whole);
    },
    get bytes() {
      return bytes;
    },
    eventBytes: undefined,
  };
}

/** Collects bytes; if there are more than `maxBytes`, only the last `tailBytes`. */
function createWhole(maxBytes: number, tailBytes: number): Pick<ByteCollector, "push" | "take"> {
  const all = createByteCollector();
  let isTooLong = false;
  const trim = () => {
    const last = all.take();
    if (tailBytes > 0) {
      all.push(Buffer.from(last.subarray(-tailBytes)));
    }
  };
  return {
    push(part) {
      all.push(part);
      isTooLong ||= all.length > maxBytes;
      // Seldom, because a trim copies the tail.
      if (isTooLong && all.length > 16 * tailBytes) {
        trim();
      }
    },
    take() {
      if (isTooLong) {
        trim();
      }
      return all.take();
    },
  };
}

/** Counts nearer to the end of an answer than this are read without parsing what precedes them. */
const maxTailBytes = 4096;

/** What a JSON answer says of itself; undefined where it says nothing. */
export function reportedUsage(bytes: Buffer): TokenUsage | undefined {
  const at = bytes.lastIndexOf('"usage"');
  if (at === -1) {
    return undefined;
  }
  // The end of the answer's object, from one of its members on, is an object once it has an opening brace. No other place is.
  const tail = bytes.length - at <= maxTailBytes ? `{${bytes.toString("utf8", at)}` : "";
  return usageOf(parseRecord(tail)) ?? usageOf(parseRecord(bytes.toString("utf8")));
}

function usageOf(answer: Readonly<Record<string, unknown>> | undefined): TokenUsage | undefined {
  const usage = answer?.["usage"];
  if (!isRecord(usage)) {
    return undefined;
  }
  const details = usage["prompt_tokens_details"];
  const output = usage["completion_tokens_details"];
  const reasoning = isRecord(output) ? output["reasoning_tokens"] : undefined;
  const totals = {
    tokensIn: tokenCount(usage["prompt_tokens"]),
    tokensOut: tokenCount(usage["completion_tokens"]),
    ...(typeof reasoning === "number" ? { tokensReasoning: tokenCount(reasoning) } : {}),
  };
  if (!isRecord(details)) {
    return { ...totals, tokensCached: 0, tokensCacheWrite: 0 };
  }
  return {
    ...totals,
    tokensCached: tokenCount(details["cached_tokens"]),
    tokensCacheWrite: Math.max(...cacheWriteNames.map((name) => tokenCount(details[name]))),
  };
}

/** The names of OpenRouter, LiteLLM and Anthropic, in this order. OpenAI bills no cache writes. */
const cacheWriteNames = [
  "cache_write_tokens",
  "cache_creation_tokens",
  "cache_creation_input_tokens",
] as const;
