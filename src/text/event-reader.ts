/**
 * The only reader of server-sent events: splits a stream into events (WHATWG HTML, 9.2.6) and keeps their bytes. An event's
 * data and JSON are parsed lazily, at most once, so an event that is only passed on costs no parsing.
 */
import { createParser } from "eventsource-parser";
import { createByteCollector } from "./byte-collector.ts";
import { parseRecord } from "./json.ts";

/** Where a stream's bytes end so far: between two events, at the start of a line, or within a line. */
type Boundary = "event" | "line" | "middle";

export interface StreamEvent {
  /** Where its bytes end: `event`, except for a piece of an event that is too long. */
  readonly boundary: Boundary;
  /** The unchanged bytes, including the blank line at the end and any blank lines in front. */
  readonly bytes: Buffer;
  /** The values of the `data:` lines, joined by line feeds; undefined if there are none. */
  readonly data: string | undefined;
  /** `data` as a JSON object; undefined if it is anything else. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** Where `bytes` are, for a reader that needs no slice: from `start` to `end` of `source`. */
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
  /** What a protocol has read from the bytes, for its next stage. Only the protocol knows what the number means. */
  note: number | undefined;
}

export interface EventReader {
  /** Takes the next bytes of the stream, split anywhere. @returns the events that end in them. */
  push(bytes: Buffer): StreamEvent[];
  /** Returns the bytes after the last complete event. */
  rest(): Buffer;
  /** Returns where the bytes so far end. */
  boundary(): Boundary;
}

/** A longer event is passed on in pieces, without data. */
const maxEventBytes = 4 * 1024 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = "\uFEFF";

export function createEventReader(): EventReader {
  /** The bytes of the event that has not ended yet. */
  const pending = createByteCollector();
  let boundary: Boundary = "event";
  /** Whether the last byte was a carriage return. A line feed next belongs to the same line end. */
  let isAfterReturn = false;
  /** Whether a carriage return has ended the event. A line feed next still belongs to the event. */
  let endsAtReturn = false;
  let isFirst = true;
  let isTooLong = false;
  let events: StreamEvent[] = [];

  const endEvent = (bytes: Buffer, start: number, end: number) => {
    let event: EventInBytes;
    if (pending.length > 0) {
      pending.push(bytes.subarray(start, end));
      const whole = pending.take();
      event = new EventInBytes(whole, 0, whole.length);
    } else {
      event = new EventInBytes(bytes, start, end);
    }
    event.isFirst = isFirst;
    events.push(isTooLong ? eventWithoutData(event.bytes, "event") : event);
    isFirst = false;
    isTooLong = false;
  };

  /** Splits bytes without carriage returns. @returns the offset after the last event's end. */
  const cutAtLineFeeds = (bytes: Buffer): number => {
    let start = 0;
    let at = 0;
    for (;;) {
      const end = bytes[at] === lineFeed ? at : bytes.indexOf(lineFeed, at);
      if (end === -1) {
        break;
      }
      if (end > at || boundary === "middle") {
        boundary = "line";
      } else if (boundary === "line") {
        boundary = "event";
        endEvent(bytes, start, end + 1);
        start = end + 1;
      }
      at = end + 1;
    }
    boundary = at < bytes.length ? "middle" : boundary;
    return start;
  };

  /** Same as `cutAtLineFeeds`, but lines may also end with CR or CRLF. */
  const cutAtLineEnds = (bytes: Buffer): number => {
    let start = 0;
    let nextReturn = -1;
    let nextFeed = -1;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      const completesCrLf = byte === lineFeed && isAfterReturn;
      if (endsAtReturn) {
        const end = completesCrLf ? at + 1 : at;
        endEvent(bytes, start, end);
        start = end;
        endsAtReturn = false;
      }
      isAfterReturn = byte === carriageReturn;
      if (completesCrLf) {
        continue;
      }
      if (byte !== lineFeed && byte !== carriageReturn) {
        boundary = "middle";
        // To the end of the line. Each search goes on where the last one of its kind has ended.
        nextReturn = nextReturn < at ? offsetOf(bytes, carriageReturn, at) : nextReturn;
        nextFeed = nextFeed < at ? offsetOf(bytes, lineFeed, at) : nextFeed;
        at = Math.min(nextReturn, nextFeed) - 1;
      } else if (boundary === "middle") {
        boundary = "line";
      } else if (boundary === "line") {
        boundary = "event";
        if (byte === carriageReturn) {
          endsAtReturn = true;
        } else {
          endEvent(bytes, start, at + 1);
          start = at + 1;
        }
      }
    }
    return start;
  };

  return {
    push(bytes) {
      const hasReturns = isAfterReturn || bytes.includes(carriageReturn);
      const start = hasReturns ? cutAtLineEnds(bytes) : cutAtLineFeeds(bytes);
      if (start < bytes.length) {
        pending.push(start === 0 ? bytes : bytes.subarray(start));
      }
      if (pending.length > maxEventBytes || (isTooLong && pending.length > 0)) {
        events.push(eventWithoutData(pending.take(), boundary));
        isTooLong = true;
      }
      const ended = events;
      events = [];
      return ended;
    },
    rest: () => pending.take(),
    boundary: () => boundary,
  };
}

/** The offset of a byte; the end if there is none. */
function offsetOf(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

type Json = Readonly<Record<string, unknown>> | undefined;

const unread = Symbol("unread");

/** A class, because one is made per event: getters on the prototype cost nothing until they are called. */
class EventInBytes implements StreamEvent {
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
  note: number | undefined = undefined;
  /** Whether a byte-order mark may be in front. */
  isFirst = false;
  #data: string | undefined | typeof unread = unread;
  #json: Json | typeof unread = unread;

  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
  }

  get boundary(): Boundary {
    return "event";
  }

  get bytes(): Buffer {
    return slice(this.source, this.start, this.end);
  }

  get data(): string | undefined {
    if (this.#data === unread) {
      this.#data = dataOf(this, this.isFirst);
    }
    return this.#data;
  }

  get json(): Json {
    if (this.#json === unread) {
      const { data } = this;
      this.#json = data === undefined ? undefined : parseRecord(data);
    }
    return this.#json;
  }
}

function slice(source: Buffer, start: number, end: number): Buffer {
  return end - start === source.length ? source : source.subarray(start, end);
}

/** A piece of an event that is too long. */
function eventWithoutData(bytes: Buffer, boundary: Boundary): StreamEvent {
  return {
    bytes,
    boundary,
    data: undefined,
    json: undefined,
    source: bytes,
    start: 0,
    end: bytes.length,
    note: 0,
  };
}

/** Makes an event. @param bytes the whole event, including the blank line at its end. */
export function eventOf(bytes: Buffer): StreamEvent {
  return eventIn(bytes, 0, bytes.length);
}

/** Makes the event that is in a part of these bytes. */
export function eventIn(source: Buffer, start: number, end: number): StreamEvent {
  return new EventInBytes(source, start, end);
}

/** Concatenates the bytes of events. Copies nothing if they are adjacent in one buffer. */
export function joined(events: readonly StreamEvent[]): Buffer {
  const [first] = events;
  if (first === undefined) {
    return nothing;
  }
  const { source } = first;
  let { end } = first;
  let length = end - first.start;
  let isAdjacent = true;
  for (let at = 1; at < events.length; at += 1) {
    const event = events[at] as StreamEvent;
    isAdjacent &&= event.source === source && event.start === end;
    ({ end } = event);
    length += end - event.start;
  }
  return isAdjacent ? slice(source, first.start, end) : copied(events, length);
}

/** Copies what is adjacent at once. */
function copied(events: readonly StreamEvent[], length: number): Buffer {
  const all = Buffer.allocUnsafe(length);
  let filled = 0;
  let { source, start, end } = events[0] as StreamEvent;
  for (let at = 1; at < events.length; at += 1) {
    const event = events[at] as StreamEvent;
    if (event.source === source && event.start === end) {
      ({ end } = event);
    } else {
      filled += source.copy(all, filled, start, end);
      ({ source, start, end } = event);
    }
  }
  source.copy(all, filled, start, end);
  return all;
}

const nothing = Buffer.alloc(0);

let parsedData: string | undefined;
/** Shared by all streams, because a complete event leaves no state in the parser. */
const parser = createParser({
  onEvent: ({ data }) => {
    parsedData = data;
  },
});
// The parser strips a byte-order mark from its first input only. Use that up here; `dataOf` strips it for each stream.
parser.feed("\n");

function dataOf({ source, start, end }: StreamEvent, isFirst: boolean): string | undefined {
  const line = soleDataLine(source, start, end);
  if (line !== undefined) {
    return line;
  }
  let text = source.toString("utf8", start, end);
  if (isFirst && text.startsWith(byteOrderMark)) {
    text = text.slice(byteOrderMark.length);
  }
  // After a final carriage return the parser would wait for a line feed.
  parser.feed(source[end - 1] === carriageReturn ? `${text}\n` : text);
  const data = parsedData;
  parsedData = undefined;
  return data;
}

const space = 0x20;
const dataField = Buffer.from("data:");
const eventField = Buffer.from("event:");

/**
 * The value of an event that is one `data:` line, which may follow an `event:` line, as nearly all are. Such an event needs no
 * parser. Undefined for any other event.
 */
function soleDataLine(source: Buffer, start: number, end: number): string | undefined {
  let at = start;
  if (beginsWith(source, at, eventField)) {
    while (at < end && source[at] !== lineFeed && source[at] !== carriageReturn) {
      at += 1;
    }
    at += source[at] === carriageReturn && source[at + 1] === lineFeed ? 2 : 1;
  }
  if (at >= end || !beginsWith(source, at, dataField)) {
    return undefined;
  }
  let dataEnd = end;
  while (source[dataEnd - 1] === lineFeed || source[dataEnd - 1] === carriageReturn) {
    dataEnd -= 1;
  }
  const from = at + dataField.length;
  const text = source.toString("utf8", source[from] === space ? from + 1 : from, dataEnd);
  return text.includes("\n") || text.includes("\r") ? undefined : text;
}

function beginsWith(source: Buffer, from: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at += 1) {
    if (source[from + at] !== word[at]) {
      return false;
    }
  }
  return true;
}
