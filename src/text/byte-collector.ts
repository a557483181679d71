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
  let pieces: Buffer[] = [];
  /** The bytes before `pieces`: the first `copiedLength` bytes of this buffer. */
  let copied: Buffer | undefined;
  let copiedLength = 0;
  let length = 0;
  const copyPieces = () => {
    if (copied === undefined || copied.length < length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      copied?.copy(larger, 0, 0, copiedLength);
      copied = larger;
    }
    for (const piece of pieces) {
      piece.copy(copied, copiedLength);
      copiedLength += piece.length;
    }
    pieces = [];
  };
  return {
    push(piece) {
      pieces.push(piece);
      length += piece.length;
      if (pieces.length > maxPieces) {
        copyPieces();
      }
    },
    take() {
      const [first] = pieces;
      const parts = copied === undefined ? pieces : [copied.subarray(0, copiedLength), ...pieces];
      const bytes = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
      pieces = [];
      copied = undefined;
      copiedLength = 0;
      length = 0;
      return bytes;
    },
    get length() {
      return length;
    },
  };
}
