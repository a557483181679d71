/** Indexes in a stream, of choices and of tool calls: a provider writes them, so they may be anything. */

/** Far more than a request may ask for. */
const maxIndex = 1023;

export function isStreamIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxIndex;
}
