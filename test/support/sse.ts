/** Streams of server-sent events for the tests of what reads and changes them. */
import type { EventTransform } from "../../src/answer/event-transform.ts";
import { createEventReader, joined, type StreamEvent } from "../../src/text/event-reader.ts";

/** The events of a stream that comes in these pieces. */
export function eventsOf(...pieces: readonly (string | Buffer)[]): StreamEvent[] {
  const reader = createEventReader();
  return pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
}

/** What becomes of a stream that comes in these pieces, piece by piece, and of its end. */
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

/** Events that say these objects. */
export function saying(values: readonly Readonly<Record<string, unknown>>[]): StreamEvent[] {
  return values.map((json) => ({
    bytes: Buffer.alloc(0),
    boundary: "event",
    data: undefined,
    json,
  }));
}
