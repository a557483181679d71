import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createStreamRecorder,
  messageOf,
} from "../../../src/protocols/openai-chat/answer-recorder.ts";
import { historyBytes, withinBytes } from "../../../src/sessions/history.ts";
import { createMemoryStore } from "../../../src/sessions/memory-store.ts";
import { createTurnQueue } from "../../../src/sessions/turn-queue.ts";
import { saying } from "../../support/sse.ts";

const builtIns = Object.keys(Object.getOwnPropertyDescriptors(Array.prototype));

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
    expect(await store.stats()).toEqual({ sessions: 0, bytes: 0 });
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

  test("rejects the turn of a client that has disconnected", async () => {
    const queue = createTurnQueue();
    const gone = new AbortController();
    const gate = Promise.withResolvers<void>();
    const first = queue.run("a", new AbortController().signal, () => gate.promise);
    const left = queue.run("a", gone.signal, () => Promise.resolve("ran"));
    gone.abort(new Error("left"));
    gate.resolve();
    await first;
    await expect(left).rejects.toThrow("left");
  });
});

describe("the recorder", () => {
  const record = (...deltas: object[]) => {
    const recorder = createStreamRecorder();
    const chunks = deltas.map((delta) => ({ choices: [{ index: 0, delta }] }));
    recorder.push(Buffer.alloc(0), saying(chunks));
    const kept = recorder.message();
    return kept === undefined ? undefined : JSON.parse(kept.json);
  };

  test("joins the text of a stream", () => {
    expect(record({ role: "assistant" }, { content: "Grüß " }, { content: "€😀" }, {})).toEqual({
      role: "assistant",
      content: "Grüß €😀",
    });
    expect(record({ role: "assistant" })).toBeUndefined();
  });

  test("joins tool calls", () => {
    const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
    const kept = record(
      call(0, { id: "c0", type: "function", function: { name: "add", arguments: "" } }),
      call(1, { id: "c1", type: "function", function: { name: "sub", arguments: "{" } }),
      call(0, { function: { arguments: "{}" } }),
      call(1, { function: { arguments: "}" } }),
    );
    expect(kept).toEqual({
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "c0", type: "function", function: { name: "add", arguments: "{}" } },
        { id: "c1", type: "function", function: { name: "sub", arguments: "{}" } },
      ],
    });
  });

  test("reads a JSON answer and ignores an invalid message", () => {
    expect(
      messageOf('{"choices":[{"message":{"role":"assistant","content":"hi","x":1}}]}'),
    ).toEqual({ role: "assistant", json: '{"role":"assistant","content":"hi"}' });
    for (const odd of ["null", '"hi"', "[]", '{"content":{}}']) {
      expect(messageOf(`{"choices":[{"message":${odd}}]}`)).toBeUndefined();
    }
  });

  test.each<[string, unknown]>([
    ["beyond the maximum", 4294967294],
    ["that is the name of a prototype", "__proto__"],
    ["that is not an integer", 1.5],
    ["that is negative", -1],
  ])("ignores a tool call with an index %s", (_which, index) => {
    const call = (id: string, at: unknown) => ({
      tool_calls: [{ index: at, id, function: { name: "add", arguments: "{}" } }],
    });
    expect(record(call("c0", 0), call("x", index))).toMatchObject({ tool_calls: [{ id: "c0" }] });
    expect(Object.keys(Object.getOwnPropertyDescriptors(Array.prototype))).toEqual(builtIns);
  });

  test("ignores values that are not strings", () => {
    const odd = { toString: 1 };
    const call = { index: 0, id: odd, function: { name: odd, arguments: [odd] } };
    expect(record({ content: odd, tool_calls: [call, null, "x"] })).toMatchObject({
      content: null,
    });
  });
});
