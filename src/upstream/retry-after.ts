/** When a provider says that it may be asked again. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";

/**
 * Reads `retry-after-ms` (OpenAI's), then `retry-after`: seconds or a date (RFC 9110, section 10.2.3).
 * @param nowMs the time as `Date.now` gives it.
 * @returns milliseconds from now, at least 0; undefined where nothing readable is said.
 */
export function retryAfterMs(headers: HeaderFields, nowMs: number): number | undefined {
  const precise = number(headers["retry-after-ms"]);
  if (precise !== undefined) {
    return precise;
  }
  const seconds = number(headers["retry-after"]);
  if (seconds !== undefined) {
    return seconds * 1000;
  }
  // All three forms of an HTTP date begin with the day's name (RFC 9110, section 5.6.7).
  const date = /^[a-z]{3}.*/i.exec(headerText(headers["retry-after"]) ?? "")?.[0];
  const dateMs = Date.parse(date ?? "");
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function number(value: HeaderFields[string]): number | undefined {
  const text = headerText(value);
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
