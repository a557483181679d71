import { expect, test } from "vitest";
import { getHeapStatistics } from "node:v8";
import { assertHeapRoom } from "../../../src/text/heap-room.ts";

const megabyte = 1024 * 1024;
const heap = (usedMegabytes: number) => () => ({
  ...getHeapStatistics(),
  used_heap_size: usedMegabytes * megabyte,
  heap_size_limit: 128 * megabyte,
});

test("a large text needs sixteen times its bytes of free heap", () => {
  expect(() => assertHeapRoom(4 * megabyte, heap(60))).not.toThrow();
  expect(() => assertHeapRoom(4 * megabyte, heap(70))).toThrow("too little memory");
});

test("a small text is not checked", () => {
  expect(() => assertHeapRoom(16 * 1024, heap(128))).not.toThrow();
});
