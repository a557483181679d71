import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchKeys } from "../../../src/prune/key-batches.ts";

const beginning = "openai:";

describe("batches of keys", () => {
  test("are a single one if no other key shares the prefix", () => {
    const going = ["openai:1a", "openai:1b", "openai:2c"];
    const staying = ["main", "openai-user:joe"];
    expect(batchKeys({ going, beginning, staying, maxKeys: 10 })).toEqual([
      { prefix: "openai:", keys: going },
    ]);
  });

  test("exclude keys that must stay", () => {
    const staying = ["openai:1b"];
    expect(
      batchKeys({ going: ["openai:1a", "openai:2c"], beginning, staying, maxKeys: 10 }),
    ).toEqual([
      { prefix: "openai:1a", keys: ["openai:1a"] },
      { prefix: "openai:2", keys: ["openai:2c"] },
    ]);
  });

  test("exclude a key that is a prefix of one that must stay", () => {
    const going = ["openai:1", "openai:2"];
    expect(batchKeys({ going, beginning, staying: ["openai:1:thread:7"], maxKeys: 10 })).toEqual([
      { prefix: "openai:2", keys: ["openai:2"] },
    ]);
  });

  test("are none if nothing is to be removed", () => {
    expect(batchKeys({ going: [], beginning, staying: ["main"], maxKeys: 10 })).toEqual([]);
  });

  test("are few in a store of 5,000 one-shot sessions", () => {
    const going = Array.from({ length: 5000 }, () => `openai:${crypto.randomUUID()}`);
    const batches = batchKeys({ going, beginning, staying: ["main", "openai:mine"], maxKeys: 200 });
    expect(batches.length).toBeLessThan(300);
    expect(batches.flatMap((batch) => batch.keys).toSorted()).toEqual(going.toSorted());
  });

  test("contain each key once, respect their size limit, and match no key that must stay", () => {
    const key = fc.stringMatching(/^[ab:]{1,6}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (all, rest, maxKeys) => {
          const going = all.filter((one) => !rest.includes(one));
          const batches = batchKeys({ going, beginning: "", staying: rest, maxKeys });
          for (const { prefix, keys } of batches) {
            expect(keys.length).toBeLessThanOrEqual(maxKeys);
            expect(keys).toEqual(going.filter((one) => one.startsWith(prefix)));
            expect(rest.filter((one) => one.startsWith(prefix))).toEqual([]);
          }
          const reached = batches.flatMap(({ keys }) => keys);
          const unreachable = (one: string) =>
            rest.some((other) => other.startsWith(one)) ||
            going.filter((other) => other.startsWith(one)).length > maxKeys;
          expect(new Set(reached).size).toBe(reached.length);
          expect(going.filter((one) => !reached.includes(one) && !unreachable(one))).toEqual([]);
        },
      ),
    );
  });
});
