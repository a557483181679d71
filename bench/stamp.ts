/** Times that one process writes into a stream's words and another process on the same machine reads. */

/** Milliseconds of the monotonic clock that all processes of the machine share. */
export function monotonicNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** A time as a word of fixed length. */
export function stampOf(timeMs: number): string {
  return timeMs.toFixed(3).padStart(14, "0");
}

const stamp = /\d{10}\.\d{3}/g;
const stampLength = 14;

/** The text with all times set to zero: two paced answers differ only in their times. */
export function withoutStamps(text: string): string {
  return text.replaceAll(stamp, stampOf(0));
}

/** Reads the times in a stream, piece by piece. */
export interface StampReader {
  /** The times that end in this piece; the first may have started in the previous piece. */
  read(piece: string): readonly number[];
}

export function createStampReader(): StampReader {
  let rest = "";
  return {
    read(piece) {
      const text = rest + piece;
      const times: number[] = [];
      let readTo = 0;
      for (const match of text.matchAll(stamp)) {
        times.push(Number(match[0]));
        readTo = match.index + stampLength;
      }
      rest = text.slice(Math.max(readTo, text.length - stampLength + 1));
      return times;
    },
  };
}
