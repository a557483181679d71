/**
 * Reads what a stream's stages need to know of a chunk from its bytes, without parsing them: most events only add text. One
 * linear pass, strict about JSON. What it is not made for (escapes in names, several choices, members that occur twice,
 * large events, anything that is not JSON) is parsed instead, with the same result.
 */
import type { StreamEvent } from "../../text/event-reader.ts";
import { isRecord } from "../../text/json.ts";
import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  quote,
} from "../../text/json-bytes.ts";

/** The facts are bits of one number, which the event keeps for the next stage. */
export const fact = {
  /** The end marker, `[DONE]`. */
  done: 1,
  /** The data is a JSON object. */
  object: 2,
  /** It has an `error`. */
  error: 4,
  /** Its `usage` is an object. */
  usage: 8,
  /** Its `choices` are an empty list. */
  noChoices: 16,
  /** Its `choices` are one object, which belongs to choice 0. The next three are known for such a chunk only. */
  oneChoice: 32,
  /** That choice adds content, reasoning or a tool call. */
  output: 64,
  /** That choice has a `finish_reason`. */
  finish: 128,
  /** That choice has deltas of tool calls. */
  toolCalls: 256,
  /** Its `choices` are something else, which must be read from the parsed chunk. */
  otherChoices: 512,
} as const;

/** Returns the facts of an event, as a sum of `fact`. */
export function factsOf(event: StreamEvent): number {
  if (event.note === undefined) {
    bytes = event.source;
    const scanned = scan(event.start, event.end);
    bytes = nothing;
    event.note = scanned === unsure ? parsedFacts(event) : scanned;
  }
  return event.note;
}

/** The same facts, from the parsed chunk. */
function parsedFacts({ data, json }: StreamEvent): number {
  if (json === undefined) {
    return data === "[DONE]" ? fact.done : 0;
  }
  return (
    fact.object |
    (isPresent(json["error"]) ? fact.error : 0) |
    (isRecord(json["usage"]) ? fact.usage : 0) |
    choicesFacts(json["choices"])
  );
}

function choicesFacts(choices: unknown): number {
  if (!Array.isArray(choices)) {
    return 0;
  }
  const [choice] = choices as readonly unknown[];
  if (choices.length === 0) {
    return fact.noChoices;
  }
  if (choices.length > 1 || !isRecord(choice) || choiceIndex(choice) !== 0) {
    return fact.otherChoices;
  }
  const calls = isRecord(choice["delta"]) ? choice["delta"]["tool_calls"] : undefined;
  return (
    fact.oneChoice |
    (isPresent(choice["finish_reason"]) ? fact.finish : 0) |
    (hasOutput(choice) ? fact.output : 0) |
    (Array.isArray(calls) && calls.length > 0 ? fact.toolCalls : 0)
  );
}

/** The index that a choice belongs to: 0 if it has no valid one. */
export function choiceIndex(choice: Readonly<Record<string, unknown>>): number {
  return isStreamIndex(choice["index"]) ? choice["index"] : 0;
}

/** Whether a choice has a text, or a delta with a member other than `role` that is not empty. */
export function hasOutput(choice: Readonly<Record<string, unknown>>): boolean {
  const { delta } = choice;
  if (isRecord(delta)) {
    for (const name in delta) {
      if (name !== "role" && isPresent(delta[name])) {
        return true;
      }
    }
  }
  return isPresent(choice["text"]);
}

export function isPresent(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== "" &&
    !(Array.isArray(value) && value.length === 0)
  );
}

/** Far more choices and tool calls than any request gets. */
const maxIndex = 1023;

/** Whether a provider's index of a choice or a tool call is valid. */
export function isStreamIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxIndex;
}

const unsure = -1;
const nothing = new Uint8Array();
/** A larger event is parsed: the parser has bounds for what is deep or has many parts. */
const maxScannedBytes = 64 * 1024;
const maxDepth = 64;
/** More members of a delta are parsed, because each name is compared with those before it. */
const maxDeltaMembers = 8;

const zero = 0x30;

/** What is read, what was found so far, and which members were met. Shared, because a pass is never interrupted. */
let bytes: Uint8Array = nothing;
let found = 0;
let met = 0;

/** Each function below takes the offset where something begins and returns where it ends, or `unsure`. */

const fieldName = Buffer.from("data:");
const doneMark = Buffer.from("[DONE]");

/** Reads an event with one `data:` line and nothing else. */
function scan(start: number, end: number): number {
  if (end - start > maxScannedBytes || !matches(start, fieldName)) {
    return unsure;
  }
  let at = start + fieldName.length;
  if (bytes[at] === 0x20) {
    at += 1;
  }
  if (matches(at, doneMark)) {
    return isLineEnds(at + doneMark.length, end) ? fact.done : unsure;
  }
  at = skipBlanks(at);
  if (bytes[at] !== openBrace) {
    return unsure;
  }
  found = fact.object;
  met = 0;
  at = objectEnd(at, chunkMember);
  return at !== unsure && isLineEnds(skipBlanks(at), end) ? found : unsure;
}

function matches(from: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at += 1) {
    if (bytes[from + at] !== word[at]) {
      return false;
    }
  }
  return true;
}

/** Whether there are line ends up to `end`, at least one, and nothing else. */
function isLineEnds(from: number, end: number): boolean {
  let at = from;
  while (at < end && (bytes[at] === 0x0a || bytes[at] === 0x0d)) {
    at += 1;
  }
  return at === end && from < end;
}

/** Line ends are white space in JSON too, but they would end the `data:` line. */
function skipBlanks(from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) {
    at += 1;
  }
  return at;
}

/** Reads one member's value. @param name offset of the name's first character. */
type Member = (name: number, nameLength: number, value: number) => number;

function objectEnd(from: number, member: Member): number {
  let at = skipBlanks(from + 1);
  if (bytes[at] === closeBrace) {
    return at + 1;
  }
  for (;;) {
    const nameEnd = bytes[at] === quote ? nameEndOf(at) : unsure;
    if (nameEnd === unsure) {
      return unsure;
    }
    let value = skipBlanks(nameEnd);
    if (bytes[value] !== colon) {
      return unsure;
    }
    value = skipBlanks(value + 1);
    at = member(at + 1, nameEnd - at - 2, value);
    if (at === unsure) {
      return unsure;
    }
    at = skipBlanks(at);
    if (bytes[at] === closeBrace) {
      return at + 1;
    }
    if (bytes[at] !== comma) {
      return unsure;
    }
    at = skipBlanks(at + 1);
  }
}

const errorName = Buffer.from("error");
const choicesName = Buffer.from("choices");
const usageName = Buffer.from("usage");
const indexName = Buffer.from("index");
const deltaName = Buffer.from("delta");
const finishName = Buffer.from("finish_reason");
const textName = Buffer.from("text");
const roleName = Buffer.from("role");
const toolCallsName = Buffer.from("tool_calls");

/** Whether a member has this name. */
function isNamed(name: number, length: number, word: Uint8Array): boolean {
  return length === word.length && matches(name, word);
}

/** Notes a member that counts once. @returns false if it has been met before: then the last one counts. */
function isFirst(bit: number): boolean {
  const known = met & bit;
  met |= bit;
  return known === 0;
}

const chunkMember: Member = (name, length, value) => {
  if (isNamed(name, length, choicesName)) {
    return isFirst(1) ? choicesEnd(value) : unsure;
  }
  if (isNamed(name, length, errorName)) {
    return isFirst(2) ? noted(value, fact.error) : unsure;
  }
  if (isNamed(name, length, usageName)) {
    if (bytes[value] === openBrace) {
      found |= fact.usage;
    }
    return isFirst(4) ? valueEnd(value, 1) : unsure;
  }
  return valueEnd(value, 1);
};

function choicesEnd(from: number): number {
  if (bytes[from] !== openBracket) {
    return valueEnd(from, 1);
  }
  let at = skipBlanks(from + 1);
  if (bytes[at] === closeBracket) {
    found |= fact.noChoices;
    return at + 1;
  }
  if (bytes[at] !== openBrace) {
    return unsure;
  }
  found |= fact.oneChoice;
  at = objectEnd(at, choiceMember);
  if (at === unsure) {
    return unsure;
  }
  at = skipBlanks(at);
  return bytes[at] === closeBracket ? at + 1 : unsure;
}

const choiceMember: Member = (name, length, value) => {
  if (isNamed(name, length, deltaName)) {
    if (!isFirst(8)) {
      return unsure;
    }
    deltaMembers = 0;
    return bytes[value] === openBrace ? objectEnd(value, deltaMember) : valueEnd(value, 1);
  }
  if (isNamed(name, length, finishName)) {
    return isFirst(16) ? noted(value, fact.finish) : unsure;
  }
  if (isNamed(name, length, indexName)) {
    const end = isFirst(32) && bytes[value] === zero ? value + 1 : unsure;
    const next = bytes[skipBlanks(end)];
    return next === comma || next === closeBrace ? end : unsure;
  }
  if (isNamed(name, length, textName)) {
    return isFirst(64) ? noted(value, fact.output) : unsure;
  }
  return valueEnd(value, 1);
};

/** Where the names of the delta's members are, to notice one that occurs twice. */
const deltaNames = new Int32Array(maxDeltaMembers);
const deltaNameLengths = new Int32Array(maxDeltaMembers);
let deltaMembers = 0;

const deltaMember: Member = (name, length, value) => {
  if (deltaMembers === maxDeltaMembers) {
    return unsure;
  }
  for (let at = 0; at < deltaMembers; at += 1) {
    if (deltaNameLengths[at] === length && isSame(deltaNames[at] ?? 0, name, length)) {
      return unsure;
    }
  }
  deltaNames[deltaMembers] = name;
  deltaNameLengths[deltaMembers] = length;
  deltaMembers += 1;
  if (isNamed(name, length, roleName)) {
    return valueEnd(value, 1);
  }
  if (isNamed(name, length, toolCallsName) && bytes[value] === openBracket) {
    return noted(value, fact.output | fact.toolCalls);
  }
  return noted(value, fact.output);
};

function isSame(a: number, b: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) {
    if (bytes[a + at] !== bytes[b + at]) {
      return false;
    }
  }
  return true;
}

/** Skips a value, and notes facts if it is present: neither `null` nor an empty string or list. */
function noted(from: number, facts: number): number {
  const first = bytes[from];
  const isEmpty =
    (first === quote && bytes[from + 1] === quote) ||
    (first === openBracket && bytes[skipBlanks(from + 1)] === closeBracket) ||
    first === 0x6e;
  if (!isEmpty) {
    found |= facts;
  }
  return valueEnd(from, 1);
}

/** @param depth of the container that the value is in. */
function valueEnd(from: number, depth: number): number {
  switch (bytes[from]) {
    case quote:
      return stringEnd(from);
    case openBrace:
      return depth === maxDepth ? unsure : anyObjectEnd(from, depth + 1);
    case openBracket:
      return depth === maxDepth ? unsure : listEnd(from, depth + 1);
    case 0x6e:
      return literalEnd(from, nullWord);
    case 0x74:
      return literalEnd(from, trueWord);
    case 0x66:
      return literalEnd(from, falseWord);
    default:
      return numberEnd(from);
  }
}

const nullWord = Buffer.from("null");
const trueWord = Buffer.from("true");
const falseWord = Buffer.from("false");

function literalEnd(from: number, word: Uint8Array): number {
  return matches(from, word) ? from + word.length : unsure;
}

function anyObjectEnd(from: number, depth: number): number {
  let at = skipBlanks(from + 1);
  if (bytes[at] === closeBrace) {
    return at + 1;
  }
  for (;;) {
    at = bytes[at] === quote ? stringEnd(at) : unsure;
    if (at === unsure) {
      return unsure;
    }
    at = skipBlanks(at);
    if (bytes[at] !== colon) {
      return unsure;
    }
    at = valueEnd(skipBlanks(at + 1), depth);
    if (at === unsure) {
      return unsure;
    }
    at = skipBlanks(at);
    if (bytes[at] === closeBrace) {
      return at + 1;
    }
    if (bytes[at] !== comma) {
      return unsure;
    }
    at = skipBlanks(at + 1);
  }
}

function listEnd(from: number, depth: number): number {
  let at = skipBlanks(from + 1);
  if (bytes[at] === closeBracket) {
    return at + 1;
  }
  for (;;) {
    at = valueEnd(at, depth);
    if (at === unsure) {
      return unsure;
    }
    at = skipBlanks(at);
    if (bytes[at] === closeBracket) {
      return at + 1;
    }
    if (bytes[at] !== comma) {
      return unsure;
    }
    at = skipBlanks(at + 1);
  }
}

/** A name with an escape could be any name, and two that are not UTF-8 could be the same: they are parsed. */
function nameEndOf(from: number): number {
  let at = from + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === quote) {
      return at + 1;
    }
    if (byte === undefined || byte < 0x20 || byte === backslash || byte > 0x7e) {
      return unsure;
    }
    at += 1;
  }
}

function stringEnd(from: number): number {
  const text = bytes;
  let at = from + 1;
  for (;;) {
    const byte = text[at];
    if (byte === quote) {
      return at + 1;
    }
    if (byte === undefined || byte < 0x20) {
      return unsure;
    }
    if (byte === backslash) {
      at = escapeEnd(at);
      if (at === unsure) {
        return unsure;
      }
    } else {
      at += 1;
    }
  }
}

/** RFC 8259, section 7. */
function escapeEnd(from: number): number {
  switch (bytes[from + 1]) {
    case quote:
    case backslash:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return from + 2;
    case 0x75:
      return isHex(bytes[from + 2]) &&
        isHex(bytes[from + 3]) &&
        isHex(bytes[from + 4]) &&
        isHex(bytes[from + 5])
        ? from + 6
        : unsure;
    default:
      return unsure;
  }
}

function isHex(byte = 0): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte = 0): boolean {
  return byte >= zero && byte <= 0x39;
}

/** RFC 8259, section 6. */
function numberEnd(from: number): number {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  if (!isDigit(bytes[at])) {
    return unsure;
  }
  at = bytes[at] === zero ? at + 1 : digitsEnd(at);
  if (bytes[at] === 0x2e) {
    if (!isDigit(bytes[at + 1])) {
      return unsure;
    }
    at = digitsEnd(at + 1);
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    at += bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d ? 2 : 1;
    return isDigit(bytes[at]) ? digitsEnd(at) : unsure;
  }
  return at;
}

function digitsEnd(from: number): number {
  let at = from;
  while (isDigit(bytes[at])) {
    at += 1;
  }
  return at;
}
