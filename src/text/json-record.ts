/** JSON from elsewhere, of which nothing is known. */
import { type Bounds, membersOf } from "./json-members.ts";

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text that is shorter is parsed in some 20 ms, whatever is in it. */
const maxUncountedLength = 256 * 1024;
/** A parser takes up to a microsecond for a part, and nothing else is served meanwhile. */
const bounds: Bounds = { depth: 256, parts: 100_000 };

/**
 * The object that a JSON text holds; undefined where it holds anything else, or is no JSON, or is long and has more in it than
 * can be parsed without holding others up.
 */
export function parseRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    if (text.length > maxUncountedLength) {
      membersOf(Buffer.from(text), bounds);
    }
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
