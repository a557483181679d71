/** Finds the token counts in an answer that goes by, a stream or not. Keeps its end only; copies nothing. */
import type { TokenUsage } from "../chat/token-usage.ts";
import { isRecord, parseRecord } from "../chat/json-record.ts";
import { createEventReader } from "./event-reader.ts";

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
const maxWholeBytes = 1024 * 1024;

export function createUsageTail(isStream: boolean): UsageTail {
  let parts: Buffer[] = [];
  /** Parts before this one are not kept. */
  let first = 0;
  let keptBytes = 0;
  let bytes = 0;
  const maxKept = isStream ? tailBytes : maxWholeBytes;
  return {
    push(part) {
      parts.push(part);
      bytes += part.length;
      keptBytes += part.length;
      while (first < parts.length - 1 && keptBytes - sizeAt(parts, first) >= maxKept) {
        keptBytes -= sizeAt(parts, first);
        parts[first] = nothing;
        first += 1;
      }
      if (first > parts.length / 2) {
        parts = parts.slice(first);
        first = 0;
      }
    },
    usage() {
      const kept = Buffer.concat(parts);
      parts = [kept];
      first = 0;
      return isStream ? usageOfEvents(kept) : usageOf(parseRecord(kept.toString("utf8")));
    },
    get bytes() {
      return bytes;
    },
    eventBytes() {
      const kept = Buffer.concat(parts);
      return kept.length / Math.max(1, createEventReader().push(kept).length);
    },
  };
}

/** What a JSON answer says of itself; undefined where it says nothing. */
export function reportedUsage(bytes: Buffer): TokenUsage | undefined {
  return bytes.includes('"usage"') ? usageOf(parseRecord(bytes.toString("utf8"))) : undefined;
}

const nothing = Buffer.alloc(0);

function sizeAt(parts: readonly Buffer[], at: number): number {
  return parts[at]?.length ?? 0;
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
