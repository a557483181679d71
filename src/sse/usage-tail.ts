/** Finds the token counts in an answer that goes by, a stream or not. Keeps its end only; copies nothing. */
import type { TokenUsage } from "../chat/token-usage.ts";
import { isRecord, parseRecord } from "../chat/json-record.ts";

export interface UsageTail {
  push(bytes: Buffer): void;
  /** What the answer says of itself; undefined where it says nothing. */
  usage(): TokenUsage | undefined;
  /** Bytes so far. */
  readonly bytes: number;
}

/** The counts stand at the end of an answer: in a stream's last event but one, behind the choices of a completion. */
const tailBytes = 4096;
/** A completion whose counts are not at its end is read whole up to this size. */
const maxWholeBytes = 1024 * 1024;

export function createUsageTail(isStream: boolean): UsageTail {
  let parts: Buffer[] = [];
  let keptBytes = 0;
  let bytes = 0;
  const maxKept = isStream ? tailBytes : maxWholeBytes;
  return {
    push(part) {
      parts.push(part);
      bytes += part.length;
      keptBytes += part.length;
      while (parts.length > 1 && keptBytes - (parts[0] as Buffer).length >= maxKept) {
        keptBytes -= (parts.shift() as Buffer).length;
      }
    },
    usage() {
      const text = Buffer.concat(parts).toString("utf8");
      parts = [];
      return isStream ? usageOfEvents(text) : usageOf(parseRecord(text));
    },
    get bytes() {
      return bytes;
    },
  };
}

/** What a JSON answer says of itself; undefined where it says nothing. */
export function reportedUsage(bytes: Buffer): TokenUsage | undefined {
  return bytes.includes('"usage"') ? usageOf(parseRecord(bytes.toString("utf8"))) : undefined;
}

/** The last event that has counts. */
function usageOfEvents(text: string): TokenUsage | undefined {
  if (!text.includes('"usage"')) {
    return undefined;
  }
  const lines = text.split(/\r\n|\n|\r/);
  for (const line of lines.toReversed()) {
    if (line.startsWith("data:") && line.includes('"usage"')) {
      const usage = usageOf(parseRecord(line.slice("data:".length)));
      if (usage !== undefined) {
        return usage;
      }
    }
  }
  return undefined;
}

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
