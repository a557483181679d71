/** Splits a stream into its JSON messages: server-sent events, or lines of JSON. */
import { createByteCollector } from "./byte-collector.ts";
import { createEventReader } from "./event-reader.ts";
import { parseRecord } from "./json.ts";

type Json = Readonly<Record<string, unknown>>;

export interface MessageReader {
  /** Takes the next bytes, split anywhere. @returns the messages that end in them; what is no JSON object is left out. */
  push(bytes: Buffer): Json[];
  /** The message that ends with the stream, without a line end. */
  end(): Json[];
}

export function createMessageReader(framing: "events" | "lines"): MessageReader {
  return framing === "events" ? createEventMessages() : createLineMessages();
}

function createEventMessages(): MessageReader {
  const reader = createEventReader();
  return {
    push(bytes) {
      const messages: Json[] = [];
      for (const { json } of reader.push(bytes)) {
        if (json !== undefined) {
          messages.push(json);
        }
      }
      return messages;
    },
    // An event ends with a blank line. Without one it is incomplete (WHATWG HTML, 9.2.6).
    end: () => [],
  };
}

const lineFeed = 0x0a;
/** A longer line is left out. */
const maxLineBytes = 4 * 1024 * 1024;

function createLineMessages(): MessageReader {
  const pending = createByteCollector();
  let isTooLong = false;
  const add = (bytes: Buffer) => {
    pending.push(bytes);
    if (isTooLong || pending.length > maxLineBytes) {
      isTooLong = true;
      pending.take();
    }
  };
  const take = (): Json[] => {
    const line = pending.take();
    const message = isTooLong ? undefined : parseRecord(line.toString("utf8"));
    isTooLong = false;
    return message === undefined ? [] : [message];
  };
  return {
    push(bytes) {
      const messages: Json[] = [];
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(lineFeed, start);
        if (end === -1) {
          add(bytes.subarray(start));
          return messages;
        }
        add(bytes.subarray(start, end));
        messages.push(...take());
        start = end + 1;
      }
    },
    end: take,
  };
}
