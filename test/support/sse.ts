/** Streams of server-sent events for tests of readers and transforms. */
import type { EventTransform } from "../../src/answer/event-transform.ts";
import { createEventReader, joined, type StreamEvent } from "../../src/text/event-reader.ts";

/** The events of a stream that arrives in these pieces. */
export function eventsOf(...pieces: readonly (string | Buffer)[]): StreamEvent[] {
  const reader = createEventReader();
  return pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
}

/** The output of a transform for a stream that arrives in these pieces: for each piece, and as a whole with its end. */
export function changed(
  change: EventTransform,
  pieces: readonly (string | Buffer)[],
): { readonly each: readonly string[]; readonly all: string } {
  const reader = createEventReader();
  const each = pieces.map((piece) =>
    joined(reader.push(Buffer.from(piece)).flatMap((event) => change.push(event))).toString(),
  );
  return { each, all: [...each, joined(change.end()), reader.rest()].join("") };
}

/** Events with these objects as data. */
export function saying(values: readonly Readonly<Record<string, unknown>>[]): StreamEvent[] {
  return values.map((json) => ({
    bytes: nothing,
    boundary: "event",
    data: undefined,
    json,
    source: nothing,
    start: 0,
    end: 0,
    note: undefined,
  }));
}

const nothing = Buffer.alloc(0);
