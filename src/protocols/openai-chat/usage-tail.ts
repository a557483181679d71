/** Finds the token counts in an answer that goes by, a stream or not. Keeps no more than its end. */
import type { TokenUsage } from "../../answer/token-usage.ts";
import { type ByteCollector, createByteCollector } from "../../text/byte-collector.ts";
import { isRecord, parseRecord } from "../../text/json-record.ts";
import { createEventReader } from "../../text/event-reader.ts";

export interface UsageTail {
  push(bytes: Buffer): void;
  /** What the answer says of itself; undefined where it says nothing. */
  usage(): TokenUsage | undefined;
  /** Bytes so far. */
  readonly bytes: number;
  /** What an event of a stream has on average, by its last ones. */
  eventBytes(): number;
}

/** The counts stand at the end of an answer: in a stream's last event but one, behind the choices of a completion. */
const tailBytes = 4096;
/** A completion whose counts are not at its end is read whole up to this size. */
const maxWholeBytes = 2 * 1024 * 1024;

export function createUsageTail(isStream: boolean): UsageTail {
  const kept = isStream ? createTail(tailBytes) : createWhole(maxWholeBytes);
  let bytes = 0;
  const look = (): Buffer => {
    const all = kept.take();
    kept.push(all);
    return all;
  };
  return {
    push(part) {
      bytes += part.length;
      kept.push(part);
    },
    usage: () => (isStream ? usageOfEvents(look()) : reportedUsage(look())),
    get bytes() {
      return bytes;
    },
    eventBytes() {
      const end = look();
      return end.length / Math.max(1, createEventReader().push(end).length);
    },
  };
}

type Kept = Pick<ByteCollector, "push" | "take">;

/** The last bytes, at least so many of them. */
function createTail(minBytes: number): Kept {
  const last = createByteCollector();
  let before: Buffer = Buffer.alloc(0);
  return {
    push(part) {
      if (last.length >= minBytes) {
        before = last.take();
      }
      last.push(part);
    },
    take: () => Buffer.concat([before, last.take()]),
  };
}

/** All bytes; none of more than so many. */
function createWhole(maxBytes: number): Kept {
  const all = createByteCollector();
  let isTooLong = false;
  return {
    push(part) {
      isTooLong ||= all.length + part.length > maxBytes;
      if (isTooLong) {
        all.take();
      } else {
        all.push(part);
      }
    },
    take: all.take,
  };
}

/** What a JSON answer says of itself; undefined where it says nothing. */
export function reportedUsage(bytes: Buffer): TokenUsage | undefined {
  return bytes.includes('"usage"') ? usageOf(parseRecord(bytes.toString("utf8"))) : undefined;
}

/** The counts of the last event that has some. @param bytes the end of a stream; it may begin within an event. */
function usageOfEvents(bytes: Buffer): TokenUsage | undefined {
  if (!bytes.includes('"usage"')) {
    return undefined;
  }
  const reader = createEventReader();
  // A provider may have left out the last blank line.
  for (const event of [...reader.push(bytes), ...reader.push(blankLine)].toReversed()) {
    const usage = event.bytes.includes('"usage"') ? usageOf(event.json) : undefined;
    if (usage !== undefined) {
      return usage;
    }
  }
  return undefined;
}

const blankLine = Buffer.from("\n\n");

function usageOf(answer: Readonly<Record<string, unknown>> | undefined): TokenUsage | undefined {
  const usage = answer?.["usage"];
  if (!isRecord(usage)) {
    return undefined;
  }
  const given = usage["prompt_tokens_details"];
  const details = isRecord(given) ? given : {};
  return {
    tokensIn: countOf(usage["prompt_tokens"]),
    tokensOut: countOf(usage["completion_tokens"]),
    tokensCached: countOf(details["cached_tokens"]),
    tokensCacheWrite: Math.max(...cacheWriteNames.map((name) => countOf(details[name]))),
  };
}

/** OpenRouter's name, LiteLLM's, and Anthropic's own. OpenAI bills no cache writes and has none. */
const cacheWriteNames = [
  "cache_write_tokens",
  "cache_creation_tokens",
  "cache_creation_input_tokens",
] as const;

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
