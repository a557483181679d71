import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyBytes, withinBytes } from "../../../src/sessions/history.ts";
import { createMemoryStore } from "../../../src/sessions/memory-store.ts";
import { createTurnQueue } from "../../../src/sessions/turn-queue.ts";

const message = (role: string, size = 10) => ({ role, json: "x".repeat(size) });

describe("a bounded history", () => {
  test("drops whole turns, oldest first, and never the newest", () => {
    const turn = [message("user"), message("assistant"), message("tool"), message("assistant")];
    expect(withinBytes([...turn, ...turn, ...turn], 80)).toEqual([...turn, ...turn]);
    expect(withinBytes([...turn, ...turn, ...turn], 79)).toEqual(turn);
    expect(withinBytes(turn, 1)).toEqual(turn);
  });

  test("starts with a user message, and fits or is a single turn", () => {
    const turn = fc
      .array(fc.constantFrom("assistant", "tool"), { maxLength: 4 })
      .map((roles) => ["user"].concat(roles));
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), fc.nat(200), (turns, bound) => {
        const all = turns.flat().map((role) => message(role));
        const kept = withinBytes(all, bound);
        expect(kept[0]?.role).toBe("user");
        expect(all.slice(all.length - kept.length)).toEqual(kept);
        const turnsLeft = kept.filter(({ role }) => role === "user").length;
        expect(historyBytes(kept) <= bound || turnsLeft === 1).toBe(true);
      }),
    );
  });
});

describe("the in-memory store", () => {
  let nowMs = 1;
  const create = (more = {}) =>
    createMemoryStore({
      maxEntries: 3,
      maxBytes: 16_000,
      idleTtlMs: 100,
      maxAgeMs: 1000,
      now: () => nowMs,
      ...more,
    });

  test("appends to a conversation or replaces it", async () => {
    const store = create();
    expect(await store.load("a")).toBeUndefined();
    await store.append("a", [message("user")], false);
    await store.append("a", [message("assistant")], false);
    expect(await store.load("a")).toEqual([message("user"), message("assistant")]);
    await store.append("a", [message("user", 5)], true);
    expect(await store.load("a")).toEqual([message("user", 5)]);
    await store.delete("a");
    expect(await store.load("a")).toBeUndefined();
  });

  test("forgets idle and old conversations", async () => {
    const store = create();
    await store.append("idle", [message("user")], false);
    nowMs += 99;
    expect(await store.load("idle")).toBeDefined();
    nowMs += 101;
    expect(await store.load("idle")).toBeUndefined();

    await store.append("old", [message("user")], false);
    for (let at = 0; at < 11; at += 1) {
      nowMs += 90;
      await store.load("old");
    }
    expect(await store.load("old")).toBeDefined();
    nowMs += 20;
    expect(await store.load("old")).toBeUndefined();
  });

  test("removes expired conversations when it is swept", async () => {
    const store = create();
    await store.append("a", [message("user")], false);
    nowMs += 200;
    await store.sweep();
    expect(await store.stats()).toMatchObject({ sessions: 0, bytes: 0 });
  });

  test("is bounded in entries and bytes", async () => {
    const store = create();
    for (const key of ["a", "b", "c", "d"]) {
      await store.append(key, [message("user")], false);
    }
    expect(await store.load("a")).toBeUndefined();
    expect((await store.stats()).sessions).toBe(3);
    for (let at = 0; at < 50; at += 1) {
      await store.append("b", [message("user", 300), message("assistant", 300)], false);
    }
    expect(historyBytes((await store.load("b")) ?? [])).toBeLessThanOrEqual(1000);
    expect((await store.stats()).bytes).toBeLessThan(16_000);
  });
});

describe("the turn queue", () => {
  test("runs turns of one session in order, and other sessions in parallel", async () => {
    const queue = createTurnQueue();
    const never = new AbortController().signal;
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const note = (name: string, wait?: Promise<void>) => async () => {
      order.push(`${name} begins`);
      await wait;
      order.push(`${name} ends`);
    };
    const first = queue.run("a", never, note("a1", gate.promise));
    const failing = queue.run("a", never, () => Promise.reject(new Error("no")));
    const third = queue.run("a", never, note("a3"));
    await queue.run("b", never, note("b1"));
    expect(order).toEqual(["a1 begins", "b1 begins", "b1 ends"]);
    gate.resolve();
    await first;
    await expect(failing).rejects.toThrow("no");
    await third;
    expect(order.slice(3)).toEqual(["a1 ends", "a3 begins", "a3 ends"]);
    await Promise.resolve();
    expect(queue.size).toBe(0);
  });

  test("rejects the turn of a client that disconnects at once, without running it", async () => {
    const queue = createTurnQueue();
    const gone = new AbortController();
    const gate = Promise.withResolvers<void>();
    const ran: string[] = [];
    const note = (name: string, wait?: Promise<void>) => async () => {
      ran.push(name);
      await wait;
    };
    const never = new AbortController().signal;
    const first = queue.run("a", never, note("first", gate.promise));
    const left = queue.run("a", gone.signal, note("left"));
    const next = queue.run("a", never, note("next"));
    gone.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    expect(ran).toEqual(["first"]);
    gate.resolve();
    await Promise.all([first, next]);
    expect(ran).toEqual(["first", "next"]);
  });
});
