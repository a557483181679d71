import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createExpiringCache } from "../../../src/sessions/expiring-cache.ts";
import { createMemoryStore } from "../../../src/sessions/memory-store.ts";
import { sessionKey } from "../../../src/sessions/session-key.ts";

const bounds = { maxEntries: 12, maxBytes: 1200, idleTtlMs: 1000, maxAgeMs: 10_000 };
const owners = ["", "bot", "phone"];

/** Each value is its own size. */
const create = (onGone?: (bytes: number, key: string) => void) =>
  createExpiringCache<number>({
    bounds,
    bytesOf: (bytes) => bytes,
    ownerOf: (key) => key.split(":", 1)[0] ?? "",
    ...(onGone === undefined ? {} : { onGone }),
    now: () => 0,
  });

describe("a cache shared by several owners", () => {
  const step = fc.record({
    owner: fc.constantFrom("", "bot"),
    name: fc.nat(40),
    bytes: fc.nat(1500),
    what: fc.constantFrom("set", "set", "set", "get", "delete"),
  });
  /** Sizes within a third of the bounds, because there are three owners. */
  const modest = fc.array(fc.nat(100), { maxLength: 4 });

  test("keeps all sessions of an owner that stays within its share, whatever the others do", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), modest, fc.nat(200), (steps, sizes, at) => {
        const cache = create();
        const others = (part: typeof steps) => {
          for (const { owner, name, bytes, what } of part) {
            const key = `${owner}:${name}`;
            if (what === "set") {
              cache.set(key, bytes);
            } else if (what === "get") {
              cache.get(key);
            } else {
              cache.delete(key);
            }
            const { sessions, bytes: held } = cache.stats();
            expect(sessions <= bounds.maxEntries && held <= bounds.maxBytes).toBe(true);
          }
        };
        others(steps.slice(0, at));
        for (const [index, size] of sizes.entries()) {
          cache.set(`phone:${index}`, size);
        }
        others(steps.slice(at));
        expect(sizes.map((_, index) => cache.get(`phone:${index}`))).toEqual(sizes);
      }),
    );
  });

  test("counts its bytes and calls back for each value that leaves", () => {
    const anyStep = fc.tuple(fc.constantFrom(...owners), fc.nat(20), fc.nat(400));
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 100 }), (steps) => {
        let held = 0;
        const cache = create((bytes) => {
          held -= bytes;
        });
        for (const [owner, name, bytes] of steps) {
          held += bytes;
          cache.set(`${owner}:${name}`, bytes);
          expect(cache.stats().bytes).toBe(held);
        }
        cache.clear();
        expect([held, cache.stats()]).toMatchObject([0, { sessions: 0, bytes: 0 }]);
      }),
    );
  });

  test("gives all its space to a single owner", () => {
    const cache = create();
    for (let at = 0; at < 20; at += 1) {
      cache.set(`bot:${at}`, 1);
    }
    expect(cache.stats().sessions).toBe(12);
    expect(cache.get("bot:7")).toBeUndefined();
    expect(cache.get("bot:8")).toBe(1);
  });

  test("evicts the least recently used session of the owner with the most", () => {
    const cache = create();
    for (let at = 0; at < 12; at += 1) {
      cache.set(`bot:${at}`, 1);
    }
    cache.get("bot:0");
    cache.set("phone:0", 1);
    expect([cache.get("bot:0"), cache.get("bot:1"), cache.get("phone:0")]).toEqual([
      1,
      undefined,
      1,
    ]);
  });
});

test("a key's sessions do not evict those of an operator or another key", async () => {
  const store = createMemoryStore({ ...bounds, maxEntries: 30, maxBytes: 1024 * 1024 });
  const key = (owner: string | undefined, name: string) =>
    sessionKey({
      agentId: "main",
      headers: { "x-openclaw-session": name },
      body: {},
      bodyPaths: [],
      owner,
    }) ?? "";
  const turn = [{ role: "user", json: '{"role":"user"}' }];
  await store.append(key(undefined, "operator"), turn, false);
  await store.append(key("k2", "phone"), turn, false);
  for (let at = 0; at < 1000; at += 1) {
    await store.append(key("k1", `made-up-${at}`), turn, false);
  }
  expect(await store.load(key(undefined, "operator"))).toEqual(turn);
  expect(await store.load(key("k2", "phone"))).toEqual(turn);
  expect((await store.stats()).sessions).toBe(30);
});
