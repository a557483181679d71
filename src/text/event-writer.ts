/** Collects events of a stream that is written here, so that no later stage has to look for them in the bytes. */
import { eventIn, type StreamEvent } from "./event-reader.ts";

export interface EventWriter {
  /**
   * @param text a whole event, including the blank line at its end.
   * @param note what the protocol's later stages would read from its bytes.
   */
  add(text: string, note?: number): void;
  /** The characters that were added since the last `take`. */
  readonly length: number;
  /** Takes what was added. The events are adjacent in one buffer. */
  take(): readonly StreamEvent[];
  /** Forgets what was added. */
  clear(): void;
}

export function createEventWriter(): EventWriter {
  return new Writer();
}

/** A class, because one is made per stream. */
class Writer implements EventWriter {
  #text = "";
  /** Where each event ends in the text. */
  #ends: number[] = [];
  #notes: (number | undefined)[] = [];

  get length(): number {
    return this.#text.length;
  }

  add(text: string, note?: number): void {
    this.#text += text;
    this.#ends.push(this.#text.length);
    this.#notes.push(note);
  }

  take(): readonly StreamEvent[] {
    const text = this.#text;
    const bytes = Buffer.from(text);
    const isAscii = bytes.length === text.length;
    let startAt = 0;
    let start = 0;
    const events = this.#ends.map((endAt, index) => {
      const end = isAscii ? endAt : start + Buffer.byteLength(text.slice(startAt, endAt));
      const event = eventIn(bytes, start, end);
      event.note = this.#notes[index];
      startAt = endAt;
      start = end;
      return event;
    });
    this.clear();
    return events;
  }

  clear(): void {
    this.#text = "";
    this.#ends = [];
    this.#notes = [];
  }
}
