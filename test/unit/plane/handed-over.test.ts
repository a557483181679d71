import { describe, expect, test } from "vitest";
import { toPiece } from "../../../src/plane/handed-over.ts";

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

describe("a piece of an answer", () => {
  test("crosses as a string if it is small, and no byte changes", () => {
    const { piece, moved } = toPiece(everyByte);
    expect(Buffer.from(piece as string, "latin1")).toEqual(everyByte);
    expect(moved).toBeUndefined();
    expect(toPiece(Buffer.alloc(4096)).piece).toBeTypeOf("string");
  });

  test("is copied into a buffer that moves if it is large, so that memory which others use stays", () => {
    const shared = Buffer.alloc(10_000, everyByte);
    const bytes = shared.subarray(100, 4197);
    const { piece, moved } = toPiece(bytes);
    expect(moved).toBe((piece as Uint8Array).buffer);
    expect(moved?.byteLength).toBe(4097);
    const arrived = structuredClone(piece, { transfer: moved === undefined ? [] : [moved] });
    expect(Buffer.from(arrived as Uint8Array)).toEqual(bytes);
    expect(shared).toEqual(Buffer.alloc(10_000, everyByte));
  });
});
