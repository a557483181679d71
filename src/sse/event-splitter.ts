/** Cuts a stream of server-sent events into whole events, as bytes. */

export interface EventSplitter {
  /** Takes the next bytes; gives the events that they complete, each with the blank line that ends it. */
  push(bytes: Buffer): Buffer[];
  /** What is left of an event that was not ended. */
  rest(): Buffer;
}

/** More than this is not waited for: it goes on in pieces. */
const maxEventBytes = 4 * 1024 * 1024;

/** A line's end and a blank line: CRLF, twice. */
const longestEndBytes = 4;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export function createEventSplitter(): EventSplitter {
  let pending: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      // What was pending has no end in it, but for the beginning of one.
      const from = Math.max(0, pending.length - longestEndBytes);
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      const events: Buffer[] = [];
      for (let end = eventEnd(pending, from); end > 0; end = eventEnd(pending, 0)) {
        events.push(pending.subarray(0, end));
        pending = pending.subarray(end);
      }
      if (pending.length > maxEventBytes) {
        events.push(pending);
        pending = Buffer.alloc(0);
      }
      return events;
    },
    rest() {
      const left = pending;
      pending = Buffer.alloc(0);
      return left;
    },
  };
}

/** The offset behind the first blank line from an offset on; 0 where there is none. Lines end with LF, CR or CRLF (WHATWG HTML, 9.2.5). */
function eventEnd(bytes: Buffer, from: number): number {
  let lineIsEmpty = false;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== lineFeed && byte !== carriageReturn) {
      lineIsEmpty = false;
      continue;
    }
    if (byte === carriageReturn && bytes[at + 1] === lineFeed) {
      at += 1;
    } else if (byte === carriageReturn && at + 1 === bytes.length) {
      // The line feed that belongs to it may be on its way.
      return 0;
    }
    if (lineIsEmpty) {
      return at + 1;
    }
    lineIsEmpty = true;
  }
  return 0;
}
