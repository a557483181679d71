/** What the page formats besides `console/units.ts`, so that its numbers read like those of the command line. Pure. */
import { between, count } from "../control/units.ts";

/** Such as `0.4/s`. */
export function perSecond(value: number): string {
  return `${value === 0 ? "0" : value < 10 ? value.toFixed(1) : count(value)}/s`;
}

/**
 * Such as `12 s ago`. A time after `now` is `just now`: a clock may have been set back.
 * @param at RFC 3339. @param now RFC 3339.
 */
export function ago(at: string, now: string): string {
  return Date.parse(now) - Date.parse(at) >= 1000 ? `${between(at, now)} ago` : "just now";
}

/** Such as `in 12 s`. @param at RFC 3339. @param now RFC 3339. */
export function until(at: string, now: string): string {
  return Date.parse(at) - Date.parse(now) >= 1000 ? `in ${between(now, at)}` : "now";
}

/** A text with a sign in place of what is invisible or would turn the text around. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\uFFFD");
}
