/**
 * Collects bytes that arrive in pieces. Beyond 256 pieces, they are copied into a buffer that doubles. This keeps memory
 * proportional to the bytes: a piece of one byte takes about a hundred.
 */
export interface ByteCollector {
  push(piece: Buffer): void;
  /** Returns all bytes since the last `take`. */
  take(): Buffer;
  readonly length: number;
}

const maxPieces = 256;

export function createByteCollector(): ByteCollector {
  return new Pieces();
}

/** A class, because several are made per request: methods on the prototype cost no allocation. */
class Pieces implements ByteCollector {
  #pieces: Buffer[] = [];
  /** The bytes before the pieces: the first `#copiedLength` bytes of this buffer. */
  #copied: Buffer | undefined = undefined;
  #copiedLength = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#pieces.length > maxPieces) {
      this.#copyPieces();
    }
  }

  take(): Buffer {
    if (this.#length === 0) {
      return nothing;
    }
    const pieces = this.#pieces;
    const parts =
      this.#copied === undefined
        ? pieces
        : [this.#copied.subarray(0, this.#copiedLength), ...pieces];
    const [first] = parts;
    const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
    this.#pieces = [];
    this.#copied = undefined;
    this.#copiedLength = 0;
    this.#length = 0;
    return bytes;
  }

  #copyPieces(): void {
    let copied = this.#copied;
    if (copied === undefined || copied.length < this.#length) {
      const larger = Buffer.allocUnsafeSlow(2 * this.#length);
      copied?.copy(larger, 0, 0, this.#copiedLength);
      copied = larger;
      this.#copied = larger;
    }
    for (const piece of this.#pieces) {
      piece.copy(copied, this.#copiedLength);
      this.#copiedLength += piece.length;
    }
    this.#pieces = [];
  }
}

const nothing = Buffer.alloc(0);
