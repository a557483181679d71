import fc from "fast-check";
import { expect, test } from "vitest";
import { createByteCollector } from "../../../src/text/byte-collector.ts";

test("returns all pushed bytes once, however many pieces they came in", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 2000, size: "max" });
  fc.assert(
    fc.property(pieces, fc.nat(2000), (all, first) => {
      const collector = createByteCollector();
      for (const part of [all.slice(0, first), all.slice(first)]) {
        for (const piece of part) {
          collector.push(Buffer.from(piece));
        }
        const expected = Buffer.concat(part);
        expect(collector.length).toBe(expected.length);
        expect(collector.take().equals(expected)).toBe(true);
        expect(collector.length).toBe(0);
      }
    }),
    { numRuns: 50 },
  );
});

test("does not copy a single piece", () => {
  const collector = createByteCollector();
  const piece = Buffer.from("x");
  collector.push(piece);
  expect(collector.take()).toBe(piece);
});
