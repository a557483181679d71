/**
 * The one reader of server-sent events: cuts a stream into its events (WHATWG HTML, 9.2.6), each as the bytes that came. What
 * an event says is read when somebody asks, and at most once, so an event that is only handed on costs no more than its cut.
 */
import { createParser } from "eventsource-parser";
import { createByteCollector } from "./byte-collector.ts";
import { parseRecord } from "./json.ts";

/** Where the bytes of a stream end so far: between two events, at the start of a line, or within one. */
type Boundary = "event" | "line" | "middle";

export interface StreamEvent {
  /** Where its bytes end: behind the event, or somewhere in one that is too long and goes on in pieces. */
  readonly boundary: Boundary;
  /** The bytes as they came, with the blank line that ends them and those that stood in front. */
  readonly bytes: Buffer;
  /** The values of the `data:` lines, joined by line feeds; undefined where there are none. */
  readonly data: string | undefined;
  /** `data` as a JSON object; undefined where it is anything else. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface EventReader {
  /** Takes the next bytes of the stream, cut anywhere; gives the events that they end. */
  push(bytes: Buffer): StreamEvent[];
  /** The bytes of an event that was not ended. */
  rest(): Buffer;
  /** Where what has come ends. */
  readonly boundary: Boundary;
}

/** An event that is longer goes on in pieces, and says nothing. */
const maxEventBytes = 4 * 1024 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = "\uFEFF";

export function createEventReader(): EventReader {
  /** What has come of an event that has not ended. */
  const pending = createByteCollector();
  let boundary: Boundary = "event";
  /** The last byte was a carriage return, so a line feed that comes next belongs to it. */
  let isAfterReturn = false;
  /** A blank line has ended the event with a carriage return; a line feed may still belong to it. */
  let endsAtReturn = false;
  let isFirst = true;
  let isTooLong = false;
  let events: StreamEvent[] = [];

  const endEvent = (bytes: Buffer, start: number, end: number) => {
    let range: Range = { bytes, start, end };
    if (pending.length > 0) {
      pending.push(bytes.subarray(start, end));
      range = wholeOf(pending.take());
    }
    events.push(isTooLong ? silentEvent(range, "event") : new EventInRange(range, isFirst));
    isFirst = false;
    isTooLong = false;
  };

  /** @returns the offset behind the last event's end. */
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

  /** The same for lines that end with CR or CRLF. */
  const cutAtLineEnds = (bytes: Buffer): number => {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      const belongs = byte === lineFeed && isAfterReturn;
      if (endsAtReturn) {
        const end = belongs ? at + 1 : at;
        endEvent(bytes, start, end);
        start = end;
        endsAtReturn = false;
      }
      isAfterReturn = byte === carriageReturn;
      if (belongs) {
        continue;
      }
      if (byte !== lineFeed && byte !== carriageReturn) {
        boundary = "middle";
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
        events.push(silentEvent(wholeOf(pending.take()), boundary));
        isTooLong = true;
      }
      const ended = events;
      events = [];
      return ended;
    },
    rest: pending.take,
    get boundary() {
      return boundary;
    },
  };
}

/** A range of bytes, not cut out yet: most events are read and never asked for their bytes. */
interface Range {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function wholeOf(bytes: Buffer): Range {
  return { bytes, start: 0, end: bytes.length };
}

function bytesIn({ bytes, start, end }: Range): Buffer {
  return end - start === bytes.length ? bytes : bytes.subarray(start, end);
}

type Json = Readonly<Record<string, unknown>> | undefined;

const unread = Symbol("unread");

/** A class, because one is made for each event and its members then cost nothing until they are read. */
class EventInRange implements StreamEvent {
  readonly #range: Range;
  readonly #isFirst: boolean;
  #data: string | undefined | typeof unread = unread;
  #json: Json | typeof unread = unread;

  constructor(range: Range, isFirst: boolean) {
    this.#range = range;
    this.#isFirst = isFirst;
  }

  get boundary(): Boundary {
    return "event";
  }

  get bytes(): Buffer {
    return bytesIn(this.#range);
  }

  get data(): string | undefined {
    if (this.#data === unread) {
      this.#data = dataOf(this.#range, this.#isFirst);
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

/** A piece of an event that is too long to be kept. */
function silentEvent(range: Range, boundary: Boundary): StreamEvent {
  return { bytes: bytesIn(range), boundary, data: undefined, json: undefined };
}

/** An event of our own making. @param bytes all of it, with the blank line that ends it. */
export function eventOf(bytes: Buffer): StreamEvent {
  return new EventInRange(wholeOf(bytes), false);
}

/** The bytes of events, one after the other. Those that lie side by side in a packet are not copied. */
export function joined(events: readonly StreamEvent[]): Buffer {
  const [first = nothing, ...others] = events.map(({ bytes }) => bytes);
  let end = first.byteOffset + first.length;
  for (const { buffer, byteOffset, length } of others) {
    if (buffer !== first.buffer || byteOffset !== end) {
      return Buffer.concat([first, ...others]);
    }
    end += length;
  }
  return others.length === 0
    ? first
    : Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}

const nothing = Buffer.alloc(0);

let found: string | undefined;
/** One for all streams: a whole event leaves nothing in it. */
const parser = createParser({
  onEvent: ({ data }) => {
    found = data;
  },
});
// The parser looks for a byte-order mark in what it is fed first, which is any event of any stream.
parser.feed("\n");

function dataOf({ bytes, start, end }: Range, isFirst: boolean): string | undefined {
  let text = bytes.toString("utf8", start, end);
  if (isFirst && text.startsWith(byteOrderMark)) {
    text = text.slice(byteOrderMark.length);
  }
  // Behind a last carriage return the parser would wait for a line feed.
  parser.feed(bytes[end - 1] === carriageReturn ? `${text}\n` : text);
  const data = found;
  found = undefined;
  return data;
}
