/** Formats numbers, times, money and names for the terminal. Pure. */
import { dollars } from "./dollars.ts";
import { printable } from "../telemetry/printable.ts";
import type { Percentiles } from "../telemetry/views.ts";

/** For a value that there is none of. */
export const none = "-";

const scales = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** Whole up to 99,999; then with three digits and a unit, such as `123k` and `4.56M`. At most 6 characters. */
export function count(value: number): string {
  if (!Number.isFinite(value)) {
    return none;
  }
  const whole = Math.round(value);
  if (Math.abs(whole) < 100_000) {
    return String(whole);
  }
  const [scale, unit] = scales.find(([least]) => Math.abs(whole) >= least) ?? [1, ""];
  const scaled = whole / scale;
  return Math.abs(scaled) >= 1000 ? whole.toExponential(0) : `${digits(scaled)}${unit}`;
}

/** Such as `1 request` and `2 requests`. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** Three digits. */
function digits(value: number): string {
  return Math.abs(value) >= 99.95
    ? value.toFixed(0)
    : value.toFixed(Math.abs(value) < 9.995 ? 2 : 1);
}

/** Such as `22 ms`, `1.24 s`, `3 min` and `2 d`. */
export function ms(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return none;
  }
  if (value < 1000) {
    return `${value < 10 ? Number(value.toFixed(1)) : Math.min(999, Math.round(value))} ms`;
  }
  const seconds = value / 1000;
  if (seconds < 99.95) {
    return `${digits(seconds)} s`;
  }
  return seconds < 5400
    ? `${Math.round(seconds / 60)} min`
    : seconds < 172_800
      ? `${Math.round(seconds / 3600)} h`
      : `${count(seconds / 86_400)} d`;
}

/** The median and the 99th percentile, such as `310 ms/1.24 s`. */
export function p50And99(times: Percentiles | null): string {
  return times === null ? none : `${ms(times.p50)}/${ms(times.p99)}`.replaceAll(" ", "");
}

/** From 0 to 1, as a percentage. */
export function share(value: number | null): string {
  if (value === null || !Number.isFinite(value)) {
    return none;
  }
  const percent = value * 100;
  return percent === 0 || percent >= 9.95
    ? `${Math.round(percent)}%`
    : percent < 0.1
      ? "<0.1%"
      : `${percent.toFixed(1)}%`;
}

/** US dollars. */
export function money(usd: number): string {
  if (!Number.isFinite(usd) || usd === 0) {
    return Number.isFinite(usd) ? "$0" : none;
  }
  if (Math.abs(usd) < 1e-6) {
    return "<$0.000001";
  }
  return Math.abs(usd) < 100
    ? dollars(usd)
    : Math.abs(usd) < 100_000
      ? `$${usd.toFixed(2)}`
      : `$${count(usd)}`;
}

/** Such as `12.3 MB`. */
export function bytes(value: number): string {
  return value < 1000
    ? `${count(value)} B`
    : value < 1e6
      ? `${digits(value / 1e3)} kB`
      : value < 1e9
        ? `${digits(value / 1e6)} MB`
        : `${count(value / 1e9)} GB`;
}

/** The time between two RFC 3339 times, at least 0. */
export function between(from: string, to: string): string {
  return ms(Math.max(0, Date.parse(to) - Date.parse(from)));
}

/** Of an RFC 3339 time, such as `2026-11-22 03:41:22`. UTC. */
export function instant(at: string): string {
  return printable(at).slice(0, 19).replace("T", " ");
}

/** Of an RFC 3339 time, such as `03:41:22`. UTC. */
export function clock(at: string): string {
  return printable(at).slice(11, 19);
}

/** A name from outside. @param empty shown in place of an empty one. */
export function name(text: string | null, empty = none): string {
  return text === null || text === "" ? empty : printable(text);
}
