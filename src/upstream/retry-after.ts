/** Reads how long a provider asks to wait. */
import { type HeaderFields, headerText } from "../text/header-fields.ts";

/**
 * Reads `retry-after-ms` (OpenAI's), then `retry-after`: seconds or a date (RFC 9110, section 10.2.3).
 * @param nowMs milliseconds since the epoch.
 * @returns milliseconds from now, at least 0; undefined if there is no valid value.
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
  // All three forms of an HTTP date begin with a day's name (RFC 9110, section 5.6.7).
  const date = /^[a-z]{3}.*/i.exec(headerText(headers["retry-after"]) ?? "")?.[0];
  const dateMs = Date.parse(date ?? "");
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function number(value: HeaderFields[string]): number | undefined {
  const text = headerText(value);
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
