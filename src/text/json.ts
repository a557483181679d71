/**
 * Locates the members of a JSON text's top-level object in its bytes. A caller can then replace one value and keep all
 * other bytes. Also parses JSON from untrusted sources.
 */

import { RelayError } from "../errors.ts";
import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  quote,
} from "./json-bytes.ts";

/** A half-open range of byte offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of an object: the positions of its name, including the quotes, and of its value. */
export interface Member {
  readonly name: Span;
  readonly value: Span;
}

/** Limits for a JSON text. The cost of parsing depends on these numbers, hardly on the bytes. */
export interface Bounds {
  /** Nesting depth of objects and arrays. */
  readonly depth: number;
  /** Number of members, objects and arrays. */
  readonly parts: number;
  /** Number of values, counted by the commas between them. They cost little time, but an array needs eight bytes for each. */
  readonly values: number;
}

const unbounded: Bounds = { depth: Infinity, parts: Infinity, values: Infinity };

/**
 * Returns the members of the top-level object, in order.
 * @param text valid JSON with an object at the top level; the result for anything else is meaningless.
 * @throws RelayError `invalid_body` as soon as the text exceeds the bounds.
 */
export function membersOf(text: Buffer, bounds = unbounded): Member[] {
  const members: Member[] = [];
  const count: Count = { parts: 1, commas: 0, bounds };
  let at = skipSpace(text, 0) + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] === comma) {
      at = skipSpace(text, at + 1);
    }
    if (text[at] !== quote) {
      return members;
    }
    const nameEnd = stringEnd(text, at);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    countPart(count);
    const end = valueEnd(text, start, count);
    members.push({ name: { start: at, end: nameEnd }, value: { start, end } });
    at = end;
  }
}

/** Whether a text begins like a JSON object. */
export function beginsObject(text: Buffer): boolean {
  return text[skipSpace(text, 0)] === openBrace;
}

/** A member's name, its escapes resolved (RFC 8259, section 8.3): `"mod\u0065l"` is `model`. */
export function nameOf(text: Buffer, { name }: Member): string {
  const raw = text.toString("utf8", name.start, name.end);
  return raw.includes("\\") ? JSON.parse(raw) : raw.slice(1, -1);
}

function skipSpace(text: Buffer, from: number): number {
  let at = from;
  while (isSpace(text[at])) {
    at += 1;
  }
  return at;
}

/** The offset after the closing quote of the string at `from`. Uses `indexOf`, which skips long strings at native speed. */
function stringEnd(text: Buffer, from: number): number {
  let at = from;
  for (;;) {
    at = text.indexOf(quote, at + 1);
    if (at < 0) {
      return text.length;
    }
    let escapes = 0;
    while (text[at - 1 - escapes] === backslash) {
      escapes += 1;
    }
    if (escapes % 2 === 0) {
      return at + 1;
    }
  }
}

interface Count {
  parts: number;
  commas: number;
  readonly bounds: Bounds;
}

function countPart(count: Count): void {
  count.parts += 1;
  if (count.parts > count.bounds.parts) {
    throw new RelayError(
      "invalid_body",
      `The request body has more than ${count.bounds.parts} members, objects and arrays. Send less in one request.`,
    );
  }
}

function countComma(count: Count): void {
  count.commas += 1;
  if (count.commas >= count.bounds.values) {
    throw new RelayError(
      "invalid_body",
      `The request body has more than ${count.bounds.values} values. Send less in one request.`,
    );
  }
}

function valueEnd(text: Buffer, from: number, count: Count): number {
  const first = text[from];
  if (first === quote) {
    return stringEnd(text, from);
  }
  if (first === openBrace || first === openBracket) {
    return containerEnd(text, from, count);
  }
  let at = from;
  while (at < text.length && text[at] !== comma && text[at] !== closeBrace) {
    at += 1;
  }
  // White space after a number or a literal is not part of the value.
  while (at > from && isSpace(text[at - 1])) {
    at -= 1;
  }
  return at;
}

/** RFC 8259, section 2: space, tab, line feed, carriage return. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function containerEnd(text: Buffer, from: number, count: Count): number {
  /** One level less, because the top-level object counts too. */
  const maxDepth = count.bounds.depth - 1;
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const byte = text[at];
    if (byte === quote) {
      at = stringEnd(text, at);
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      depth += 1;
      countPart(count);
      if (depth > maxDepth) {
        throw new RelayError(
          "invalid_body",
          `The request body is nested deeper than ${count.bounds.depth} levels. Send a flatter body.`,
        );
      }
    } else if (byte === comma) {
      countComma(count);
    } else if (byte === colon) {
      countPart(count);
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) {
        return at + 1;
      }
    }
    at += 1;
  }
  return at;
}

/** Whether a JSON member is missing or `null`, which both stand for the default. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const emptyRecord: Readonly<Record<string, unknown>> = {};

/** The value itself, or an empty object for anything but an object. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : emptyRecord;
}

/** The objects of an array; an empty list for anything but an array. */
export function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Shorter texts need no check of the bounds. They are parsed within a millisecond, whatever they contain, and hold at most
 * 2,048 levels: `JSON.stringify` runs out of stack at about 5,000.
 */
const maxUncountedLength = 4096;
/** Parsing blocks the event loop and takes up to a microsecond per part. */
const bounds: Bounds = { depth: 256, parts: 100_000, values: Infinity };

/**
 * Parses a JSON object. Undefined for any other value, for invalid JSON, and for a long text that exceeds the bounds:
 * parsing it would block other requests, and writing it again would throw.
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
