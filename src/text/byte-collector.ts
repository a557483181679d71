/**
 * Collects bytes that come in pieces. Some hundred pieces are kept as they are; more are copied into a buffer that doubles, so
 * that what is held goes by the bytes, however small the pieces are: a piece of one byte takes a hundred.
 */
export interface ByteCollector {
  push(piece: Buffer): void;
  /** All bytes since the last time. */
  take(): Buffer;
  readonly length: number;
}

const maxPieces = 256;

export function createByteCollector(): ByteCollector {
  let pieces: Buffer[] = [];
  /** What came before the pieces: the first `copiedLength` bytes of it. */
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
